using EventCluster.Edge;

namespace EventCluster.Hosting.Configuration;

/// <summary>How connections are driven.</summary>
public sealed class HttpSection
{
    /// <summary>Whether socket work runs where it becomes ready.</summary>
    [Option("send and receive on the thread that finds a socket ready, instead of handing over; less work per event")]
    public bool InlineScheduling { get; set; } = true;

    /// <summary>Threads that deliver.</summary>
    [Option("threads that move live events to their connections; more than one pays on machines with many processors",
        Unit = "threads", Minimum = 1, Maximum = EdgeLimits.MaxPumps)]
    public int Pumps { get; set; } = 1;

    /// <summary>Kernel buffer of a live response.</summary>
    [Option("kernel send buffer of an HTTP/1.1 event stream; bounds what is under way to a client; 0 leaves it to the system",
        Unit = "bytes", Minimum = 0, Maximum = 16 * 1024 * 1024)]
    public int LiveSendBufferBytes { get; set; } = EdgeLimits.LiveSendBufferBytes;
}
