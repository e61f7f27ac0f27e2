using EventCluster.Orleans.Directory;
using EventCluster.Protocol;
using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Client;

/// <summary>
/// Publishes to streams and reads them from any Orleans client application or silo, without HTTP. Safe for concurrent use;
/// one per process.
/// </summary>
public sealed class EventClusterClient : IAsyncDisposable
{
    private readonly OwnerReach _reach;
    private bool _isDisposed;

    /// <summary>A client over a connected cluster client (or a silo's grain factory).</summary>
    /// <param name="grains">Reaches the cluster.</param>
    /// <param name="options">Named limits.</param>
    /// <param name="identity">Who appends, so that a repeated attempt leaves one copy.</param>
    /// <param name="time">The clock of timeouts.</param>
    /// <param name="random">Source of jitter.</param>
    /// <param name="logger">The log.</param>
    public EventClusterClient(
        IGrainFactory grains,
        EventClusterClientOptions options,
        EdgeIdentity identity,
        TimeProvider time,
        Random random,
        ILogger<EventClusterClient> logger)
        : this(grains, options, identity, time, random, logger, new GatewayLoss())
    {
    }

    internal EventClusterClient(
        IGrainFactory grains,
        EventClusterClientOptions options,
        EdgeIdentity identity,
        TimeProvider time,
        Random random,
        ILogger<EventClusterClient> logger,
        GatewayLoss loss)
    {
        ArgumentNullException.ThrowIfNull(options);
        _reach = new OwnerReach(grains, identity, options.Calls, time, random, logger, loss) { ChecksRequests = true };
    }

    /// <summary>A stream; cheap, touches nothing.</summary>
    /// <param name="name">The name as in its URL: 1 to 512 bytes, segments split by <c>/</c>.</param>
    /// <exception cref="FormatException">Not a stream name.</exception>
    public EventStream GetStream(string name) => new(_reach, StreamName.Parse(name));

    /// <summary>Ends waiting reads and waits for the answers of appends in flight.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Interlocked.Exchange(ref _isDisposed, true))
        {
            await _reach.StopAsync(CancellationToken.None);
            _reach.Dispose();
        }
    }
}
