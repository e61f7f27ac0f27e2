using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EventCluster.Edge.Feeds;

/// <summary>The feeds of this edge, one per stream with live subscribers.</summary>
internal sealed class FeedDirectory(
    IStreamDirectory streams,
    BlockCache blocks,
    DeadlineQueue deadlines,
    TimeProvider time,
    IOptions<EdgeOptions> options,
    ILogger<StreamFeed> logger)
{
    private readonly Dictionary<StreamName, StreamFeed> _feeds = [];
    private readonly Lock _gate = new();

    /// <summary>Where feeds, sessions and requests report damage, so that each place is named once.</summary>
    public DamageLog Damage { get; } = new(time);

    /// <summary>Streams with live subscribers.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _feeds.Count;
            }
        }
    }

    /// <summary>Payload bytes that each feed may keep now: the whole allowance shared among all feeds.</summary>
    public long WindowBytes
    {
        get
        {
            var feeds = Math.Max(1, _feeds.Count);
            return Math.Min(EdgeLimits.MaxFeedWindowBytes, options.Value.FeedBytes / feeds);
        }
    }

    /// <summary>A reader of one subscription. It takes a lease on the stream's feed when it first needs one.</summary>
    public FeedReader Open(StreamName name) => Open(streams.GetStream(name));

    /// <summary>A reader of one subscription to a stream.</summary>
    public FeedReader Open(IStreamHandle stream) => new(stream, this, blocks, deadlines, time);

    /// <summary>Takes a lease on a stream's feed; the first one starts the feed at the tail of the given instant.</summary>
    public FeedLease Acquire(IStreamHandle stream, StreamDescriptor descriptor)
    {
        StreamFeed? feed;
        var isNew = false;
        lock (_gate)
        {
            if (!_feeds.TryGetValue(stream.Name, out feed))
            {
                isNew = true;
                feed = new StreamFeed(stream, descriptor, this, time, logger);
                _feeds.Add(stream.Name, feed);
            }

            feed.Leases++;
        }

        if (isNew)
        {
            feed.Start();
        }

        return new FeedLease(this, feed);
    }

    /// <summary>Takes a lease on a stream's feed if there is one.</summary>
    public FeedLease? TryAcquire(StreamName name)
    {
        lock (_gate)
        {
            if (!_feeds.TryGetValue(name, out var feed))
            {
                return null;
            }

            feed.Leases++;
            return new FeedLease(this, feed);
        }
    }

    /// <summary>Gives a lease back; with the last one the feed stops.</summary>
    public void Release(StreamFeed feed)
    {
        lock (_gate)
        {
            if (--feed.Leases > 0)
            {
                return;
            }

            RemoveUnderLock(feed);
        }

        feed.Dispose();
    }

    /// <summary>
    /// This edge moved a stream's earliest position: its feed admits nothing before it any more, from now on and not only
    /// from when the owner tells (CORRECTNESS rule 15).
    /// </summary>
    public void OnTrimmed(StreamDescriptor descriptor) => Find(descriptor.Name)?.Learn(descriptor);

    /// <summary>This edge deleted a stream: its feed ends now.</summary>
    public void OnDeleted(StreamName name) => Find(name)?.End();

    /// <summary>Forgets a feed that ended, so that the next subscriber starts a new one.</summary>
    public void Remove(StreamFeed feed)
    {
        lock (_gate)
        {
            RemoveUnderLock(feed);
        }
    }

    private StreamFeed? Find(StreamName name)
    {
        lock (_gate)
        {
            return _feeds.GetValueOrDefault(name);
        }
    }

    private void RemoveUnderLock(StreamFeed feed)
    {
        if (_feeds.TryGetValue(feed.Name, out var current) && ReferenceEquals(current, feed))
        {
            _feeds.Remove(feed.Name);
        }
    }
}
