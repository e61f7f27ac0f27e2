using System.Net;
using EventCluster.Benchmarks.Clients;

namespace EventCluster.Benchmarks.Wire;

/// <summary>A client of one stream over one transport, as a browser would be, whose connection is counted.</summary>
/// <param name="host">The server's name for itself; requests may go there through a proxy.</param>
/// <param name="stream">The stream's name.</param>
/// <param name="scan">Checks and counts events.</param>
public abstract class WireClient(IPEndPoint host, string stream, EventScan scan) : IDisposable
{
    /// <summary>The connection.</summary>
    public WireSocket Socket { get; } = new();

    /// <summary>Events seen, all in order.</summary>
    public long Count => scan.Count;

    /// <summary>The server's name for itself.</summary>
    protected IPEndPoint Host => host;

    /// <summary>Path of the stream.</summary>
    protected string Path => $"/v1/stream/{stream}";

    /// <summary>The stream's name.</summary>
    protected string Stream => stream;

    /// <summary>Checks and counts events.</summary>
    protected EventScan Scan => scan;

    /// <summary>Connects and waits until it has its place at the tail.</summary>
    public abstract Task OpenAsync(IPEndPoint server, CancellationToken cancellationToken);

    /// <summary>Reads until it is cancelled.</summary>
    public abstract Task RunAsync(CancellationToken cancellationToken);

    /// <inheritdoc />
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Socket.Dispose();
    }
}
