namespace EventCluster.Hosting.Configuration;

/// <summary>Server-Sent Events.</summary>
public sealed class SseSection
{
    /// <summary>Silence after which a comment is sent.</summary>
    [Option("silence after which a comment is sent to an EventSource", Unit = "seconds", Minimum = 5, Maximum = 120)]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>When a <c>live=sse</c> answer ends, so that its client reconnects.</summary>
    [Option("when a live=sse answer ends, so that its client reconnects", Unit = "seconds", Minimum = 1, Maximum = 3600)]
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Middle of the reconnect delay that clients are told, jittered by half.</summary>
    [Option("middle of the reconnect delay that clients are told; each is told its own, up to half more or less",
        Unit = "seconds", Minimum = 0.1, Maximum = 600)]
    public TimeSpan Retry { get; set; } = TimeSpan.FromSeconds(2);
}
