namespace EventCluster.Hosting.Configuration;

/// <summary>Retention of streams that set none themselves; 0 for no limit.</summary>
public sealed class RetentionSection
{
    /// <summary>Most events kept per stream.</summary>
    [Option("most events kept per stream that sets no such limit itself; 0 for all", Unit = "events", Minimum = 0)]
    public long Events { get; set; }

    /// <summary>Most payload bytes kept per stream.</summary>
    [Option("most payload bytes kept per stream that sets no such limit itself; 0 for all", Unit = "bytes", Minimum = 0)]
    public long Bytes { get; set; }

    /// <summary>Longest age of an event.</summary>
    [Option("longest age of an event in streams that set no such limit themselves; 0 for any",
        Unit = "seconds", Minimum = 0, Maximum = 1e10)]
    public TimeSpan Age { get; set; }
}
