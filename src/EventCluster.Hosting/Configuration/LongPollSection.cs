namespace EventCluster.Hosting.Configuration;

/// <summary>Long-polling.</summary>
public sealed class LongPollSection
{
    /// <summary>How long a long-poll waits that names no time itself.</summary>
    [Option("how long a long-poll waits that names no time itself", Unit = "seconds", Minimum = 1, Maximum = 60)]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);
}
