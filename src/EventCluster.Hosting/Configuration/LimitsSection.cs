using EventCluster.Protocol;

namespace EventCluster.Hosting.Configuration;

/// <summary>Bounds of the node; each has a defined answer when it is reached.</summary>
public sealed class LimitsSection
{
    /// <summary>Most streams.</summary>
    [Option("most streams; one more answers 507", Unit = "streams", Minimum = 1, Maximum = ProtocolLimits.MaxStreams)]
    public int Streams { get; set; } = ProtocolLimits.MaxStreams;

    /// <summary>Most producers that one stream remembers.</summary>
    [Option("most producers that one stream remembers; one more answers 429",
        Unit = "producers", Minimum = 1, Maximum = ProtocolLimits.MaxProducersPerStream)]
    public int ProducersPerStream { get; set; } = ProtocolLimits.MaxProducersPerStream;

    /// <summary>Most reads that wait at the tail of one stream.</summary>
    [Option("most reads that wait at the tail of one stream; one more answers 503",
        Unit = "reads", Minimum = 1, Maximum = 1_000_000)]
    public int WaitingReadsPerStream { get; set; } = 50_000;

    /// <summary>Most reads that wait on this node.</summary>
    [Option("most reads that wait on this node; one more answers 503", Unit = "reads", Minimum = 1, Maximum = 1_000_000)]
    public int WaitingReads { get; set; } = 100_000;

    /// <summary>Most streams in memory at their owner.</summary>
    [Option("most streams that this node has in memory because they are written or followed; one more answers 503",
        Unit = "streams", Minimum = 1, Maximum = 10_000_000)]
    public int LoadedStreams { get; set; } = 100_000;

    /// <summary>Most open connections.</summary>
    [Option("most open connections; more are closed at once", Unit = "connections", Minimum = 1, Maximum = 1_000_000)]
    public int Connections { get; set; } = 50_000;

    /// <summary>Most WebSockets.</summary>
    [Option("most WebSockets; one more is closed with 1013", Unit = "WebSockets", Minimum = 0, Maximum = 1_000_000)]
    public int WebSockets { get; set; } = 50_000;

    /// <summary>Most SignalR connections.</summary>
    [Option("most SignalR connections; one more answers 503", Unit = "connections", Minimum = 0, Maximum = 1_000_000)]
    public int SignalR { get; set; } = 50_000;

    /// <summary>Most bytes of one append.</summary>
    [Option("most bytes of one append, and of a request body; 0 for what the store takes: 8 MiB, or 2 MiB with azure-tables",
        Unit = "bytes", Minimum = 0, Maximum = ProtocolLimits.MaxRequestBodyBytes)]
    public int AppendBytes { get; set; }

    /// <summary>Most payload bytes that wait for the store in one stream.</summary>
    [Option("most payload bytes that wait for the store in one stream; more answers 503",
        Unit = "bytes", Minimum = ProtocolLimits.MaxRequestBodyBytes, Maximum = 1 << 30)]
    public int PendingAppendBytesPerStream { get; set; } = 16 * 1024 * 1024;
}
