using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Feeds;
using EventCluster.Edge.Framing;
using EventCluster.Edge.Peers;
using EventCluster.Edge.Pumping;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EventCluster.Edge.Sessions;

/// <summary>What all sessions share.</summary>
internal sealed class SessionServices(
    IStreamDirectory streams,
    FeedDirectory feeds,
    FrameWriter frames,
    SubscriptionPumps pumps,
    DeadlineQueue deadlines,
    PeerWatcher peers,
    TimeProvider time,
    EdgeRandom random,
    IOptions<EdgeOptions> options,
    IHostApplicationLifetime lifetime,
    ILogger<SessionLoop> logger)
{
    public IStreamDirectory Streams => streams;

    public FeedDirectory Feeds => feeds;

    public FrameWriter Frames => frames;

    public SubscriptionPumps Pumps => pumps;

    public DeadlineQueue Deadlines => deadlines;

    public PeerWatcher Peers => peers;

    public TimeProvider Time => time;

    public EdgeOptions Options => options.Value;

    /// <summary>Cancelled when the server begins to stop.</summary>
    public CancellationToken Stopping => lifetime.ApplicationStopping;

    public ILogger Logger => logger;

    /// <summary>A delay before a client comes back, ± 50 % around the middle.</summary>
    public int NextRetryMilliseconds()
    {
        var middle = options.Value.RetryMilliseconds;
        return random.Between(middle / 2, middle + (middle / 2));
    }
}
