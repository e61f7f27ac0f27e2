namespace EventCluster.Hosting.Configuration;

/// <summary>Form of the log.</summary>
public enum LogFormat
{
    /// <summary>One readable line per entry.</summary>
    Console = 0,

    /// <summary>One JSON object per line.</summary>
    Json = 1,
}
