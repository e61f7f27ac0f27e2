using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Pump;
using EventCluster.Delivery.Timing;
using EventCluster.Edge.Memory;
using EventCluster.Edge.Peers;
using EventCluster.Protocol;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EventCluster.Edge.Sessions;

/// <summary>What all sessions share.</summary>
internal sealed partial class SessionServices(
    IStreamDirectory streams,
    FeedDirectory feeds,
    MissingStreams missing,
    FrameWriter frames,
    PinnedBlocks pins,
    SubscriptionPumps pumps,
    DeadlineQueue deadlines,
    PeerWatcher peers,
    InboundMemory inbound,
    TimeProvider time,
    EdgeRandom random,
    IOptions<EdgeOptions> options,
    IHostApplicationLifetime lifetime,
    ILogger<SessionLoop> logger)
{
    public IStreamDirectory Streams => streams;

    public FeedDirectory Feeds => feeds;

    public MissingStreams Missing => missing;

    public FrameWriter Frames => frames;

    public PinnedBlocks Pins => pins;

    public SubscriptionPumps Pumps => pumps;

    public DeadlineQueue Deadlines => deadlines;

    public PeerWatcher Peers => peers;

    public InboundMemory Inbound => inbound;

    public TimeProvider Time => time;

    public EdgeOptions Options => options.Value;

    /// <summary>Cancelled when the server begins to stop.</summary>
    public CancellationToken Stopping => lifetime.ApplicationStopping;

    public ILogger Logger => logger;

    /// <summary>
    /// Appends for a client of a session. Not cancelled with the client: what was sent whole is decided whole, and a retry
    /// finds it. Never throws, so that an answer is always given.
    /// </summary>
    public async ValueTask<AppendOutcome> AppendAsync(StreamName stream, AppendRequest request)
    {
        AppendOutcome outcome;
        try
        {
            outcome = await streams.GetStream(stream).AppendAsync(request, CancellationToken.None);
        }
        catch (Exception e)
        {
            LogAppendFault(logger, e);
            outcome = new AppendOutcome.Unavailable(UnavailableReason.OutcomeUnknown, "The server failed; its log has more.");
        }

        feeds.OnSeen(stream, outcome);
        return outcome;
    }

    /// <summary>Describes a stream for a client of a session; an answer is always given.</summary>
    public async ValueTask<DescribeOutcome> DescribeAsync(StreamName stream, CancellationToken cancellationToken)
    {
        DescribeOutcome outcome;
        try
        {
            outcome = await streams.GetStream(stream).DescribeAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            outcome = new DescribeOutcome.Unavailable(UnavailableReason.Moved, "The connection ended.");
        }
        catch (Exception e)
        {
            LogDescribeFault(logger, e);
            outcome = new DescribeOutcome.Unavailable(UnavailableReason.StoreFailed, "The server failed; its log has more.");
        }

        feeds.OnSeen(stream, outcome);
        return outcome;
    }

    /// <summary>A delay before a client comes back, ± 50 % around the middle.</summary>
    public int NextRetryMilliseconds()
    {
        var middle = options.Value.RetryMilliseconds;
        return random.Between(middle / 2, middle + (middle / 2));
    }
}
