using System.Collections.Concurrent;
using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Reading;
using EventCluster.Delivery.Timing;
using EventCluster.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EventCluster.Delivery.Feeds;

/// <summary>The feeds of this edge, one per stream with live subscribers.</summary>
internal sealed class FeedDirectory(
    IStreamDirectory streams,
    BlockCache blocks,
    DeadlineQueue deadlines,
    TimeProvider time,
    IOptions<DeliveryOptions> options,
    ILogger<StreamFeed> logger,
    MemoryBudget? memory = null)
{
    /// <summary>Changed under the lock; looked up without it, by everything that passes an instant of a stream on.</summary>
    private readonly ConcurrentDictionary<StreamName, StreamFeed> _feeds = new();
    private readonly Lock _gate = new();
    private int _count;

    /// <summary>Where feeds, sessions and requests report damage, so that each place is named once.</summary>
    public DamageLog Damage { get; } = new(time);

    /// <summary>The deadlines of this edge.</summary>
    public DeadlineQueue Deadlines => deadlines;

    /// <inheritdoc cref="IStreamDirectory.LongestUnconfirmed"/>
    public TimeSpan? LongestUnconfirmed => streams.LongestUnconfirmed;

    /// <inheritdoc cref="IStreamDirectory.IsStoreDownForAll"/>
    public bool IsStoreDownForAll => streams.IsStoreDownForAll;

    /// <summary>Where a feed reserves a batch that is larger than its part.</summary>
    public MemoryShare CatchUp { get; } = (memory ?? MemoryBudget.Unbounded()).CatchUp;

    /// <summary>Streams with live subscribers.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Payload bytes that each feed may keep now: the whole allowance shared among all feeds.</summary>
    public long WindowBytes
    {
        get
        {
            var feeds = Math.Max(1, Count);
            return Math.Min(DeliveryLimits.MaxFeedWindowBytes, options.Value.FeedBytes / feeds);
        }
    }

    /// <summary>A reader of one subscription. It takes a lease on the stream's feed when it first needs one.</summary>
    public FeedReader Open(StreamName name) => Open(streams.GetStream(name));

    /// <summary>A reader of one subscription to a stream.</summary>
    public FeedReader Open(IStreamHandle stream) => new(stream, this, blocks, deadlines, time);

    /// <summary>
    /// Takes a lease on a stream's feed; the first one starts the feed at the tail of the given instant. A feed that is older
    /// than that instant, because the stream was deleted and created again elsewhere, ends (CORRECTNESS rule 22).
    /// </summary>
    public FeedLease Acquire(IStreamHandle stream, StreamDescriptor descriptor)
    {
        StreamFeed? feed;
        StreamFeed? outdated = null;
        var isNew = false;
        lock (_gate)
        {
            if (_feeds.TryGetValue(stream.Name, out feed) && feed.Descriptor.IsOlderThan(descriptor))
            {
                outdated = feed;
                RemoveUnderLock(feed);
                feed = null;
            }

            if (feed is null)
            {
                isNew = true;
                feed = new StreamFeed(stream, descriptor, this, time, logger);
                _feeds[stream.Name] = feed;
                _count++;
            }

            feed.Leases++;
        }

        outdated?.End();
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
    /// An instant of a stream passed through this edge. A trim counts from now on, not only from when the feed hears of it
    /// (CORRECTNESS rule 15), and a feed of an older incarnation ends (rule 22).
    /// </summary>
    public void OnSeen(StreamDescriptor descriptor) => Find(descriptor.Name)?.Learn(descriptor);

    /// <summary>An answer of an owner passed through this edge.</summary>
    public void OnSeen(StreamName name, ReadOutcome outcome)
    {
        switch (outcome)
        {
            case ReadOutcome.Batch batch:
                OnSeen(batch.Descriptor);
                break;
            case ReadOutcome.Gap gap:
                OnSeen(gap.Descriptor);
                break;
            case ReadOutcome.NotFound or ReadOutcome.Gone:
                OnDeleted(name);
                break;
        }
    }

    /// <summary>An answer of an owner passed through this edge.</summary>
    public void OnSeen(StreamName name, DescribeOutcome outcome)
    {
        switch (outcome)
        {
            case DescribeOutcome.Found found:
                OnSeen(found.Descriptor);
                break;
            case DescribeOutcome.NotFound or DescribeOutcome.Gone:
                OnDeleted(name);
                break;
        }
    }

    /// <summary>The outcome of an append passed through this edge.</summary>
    public void OnSeen(StreamName name, AppendOutcome outcome)
    {
        if (Find(name) is { } feed
            && outcome is AppendOutcome.Appended { Next: var tail }
            && feed.Descriptor.Incarnations.Latest.Incarnation < tail.Incarnation)
        {
            feed.End();
        }
    }

    /// <summary>A stream is deleted: its feed ends now.</summary>
    public void OnDeleted(StreamName name) => Find(name)?.End();

    /// <summary>Forgets a feed that ended, so that the next subscriber starts a new one.</summary>
    public void Remove(StreamFeed feed)
    {
        lock (_gate)
        {
            RemoveUnderLock(feed);
        }
    }

    private StreamFeed? Find(StreamName name) =>
        Volatile.Read(ref _count) > 0 && _feeds.TryGetValue(name, out var feed) ? feed : null;

    private void RemoveUnderLock(StreamFeed feed)
    {
        if (_feeds.TryRemove(new KeyValuePair<StreamName, StreamFeed>(feed.Name, feed)))
        {
            _count--;
        }
    }
}
