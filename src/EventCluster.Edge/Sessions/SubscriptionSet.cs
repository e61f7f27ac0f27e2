using System.Diagnostics.CodeAnalysis;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Reading;
using EventCluster.Edge.Http;
using EventCluster.Protocol;

namespace EventCluster.Edge.Sessions;

/// <summary>
/// Decides what a connection with several streams delivers next: turns, credit, gaps, ends. Outcomes of reads in, writes
/// and reads out; no waiting, no clock. For one thread at a time.
/// </summary>
/// <remarks>
/// Turns: subscriptions with events in hand take turns, and the slice of each is an equal part of what the connection takes
/// now, so a busy stream never starves a quiet one. Credit (CORRECTNESS rule 18): spent by whole frames; with any credit
/// left one event may overdraw it; gaps, ends and failures cost none. A connection that takes nothing keeps positions only.
/// </remarks>
internal sealed class SubscriptionSet(ISessionOutput output, ISubscriptionReads reads, int maxReadBytes)
{
    private const int SmallestSlice = 4 * 1024;

    /// <summary>What a message adds to its only event, roughly.</summary>
    private const int FrameOverhead = 256;

    private readonly Dictionary<StreamName, Subscription> _byName = [];
    private readonly Queue<Subscription> _ready = new();
    private bool _isPaused;

    /// <summary>The clock that tells a stream that expired from a deleted one.</summary>
    public TimeProvider? Time { get; init; }

    /// <summary>Subscriptions that are not over.</summary>
    public int Count => _byName.Count;

    /// <summary>Subscriptions that are not over, in no order.</summary>
    public IEnumerable<Subscription> All => _byName.Values;

    /// <summary>A large event that is being written; null most of the time.</summary>
    public LargeDelivery? Large { get; private set; }

    /// <summary>Whether some subscription has events in hand.</summary>
    public bool HasReady => _ready.Count > 0;

    /// <summary>Whether a subscription that has caught up is parked instead of reading on; for deliveries in bursts.</summary>
    public bool ParksWhenCaughtUp { get; init; }

    /// <summary>Whether every subscription has all it can have now.</summary>
    public bool IsAtRest
    {
        get
        {
            foreach (var subscription in _byName.Values)
            {
                if (subscription.Phase == SubscriptionPhase.Ready
                    || (subscription.Phase == SubscriptionPhase.Opening && !subscription.IsAwaited)
                    || (subscription.Phase == SubscriptionPhase.Reading && !subscription.IsCaughtUp))
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Begins a subscription. The stream must not be subscribed to.</summary>
    public void Add(Subscription subscription)
    {
        _byName.Add(subscription.Name, subscription);
        reads.Open(subscription, ReadBytes(subscription));
    }

    /// <summary>Finds the subscription of a stream.</summary>
    public bool TryGet(StreamName name, [NotNullWhen(true)] out Subscription? subscription) =>
        _byName.TryGetValue(name, out subscription);

    /// <summary>Ends a subscription without a word.</summary>
    public void Remove(Subscription subscription)
    {
        if (subscription.Phase == SubscriptionPhase.Ended)
        {
            return;
        }

        subscription.Phase = SubscriptionPhase.Ended;
        subscription.Batch = null;
        _byName.Remove(subscription.Name);
        reads.Leave(subscription);
    }

    /// <summary>The client welcomes more payload bytes; the sum stays below overflow.</summary>
    public void AddCredit(Subscription subscription, long bytes)
    {
        if (subscription.Credit == Subscription.Unbounded)
        {
            return;
        }

        subscription.Credit = Math.Min(subscription.Credit + bytes, ProtocolLimits.MaxProducerNumber);
        if (subscription.Phase == SubscriptionPhase.Starved && subscription.Credit > 0)
        {
            Read(subscription);
        }
    }

    /// <summary>The start is resolved, or cannot be served.</summary>
    /// <param name="subscription">Still opening, or over by now.</param>
    /// <param name="outcome">The first read.</param>
    /// <param name="start">The position that the start was resolved to.</param>
    public void OnOpened(Subscription subscription, ReadOutcome outcome, StreamOffset start)
    {
        if (subscription.Phase != SubscriptionPhase.Opening)
        {
            return;
        }

        subscription.Position = start;
        switch (outcome)
        {
            case ReadOutcome.Batch batch:
                subscription.IsOpen = true;
                subscription.ExpiresAt = batch.Descriptor.ExpiresAt;
                output.Subscribed(subscription, batch.Descriptor, isConfirmed: !batch.ClaimWithheld);
                break;
            case ReadOutcome.Gap gap when subscription.Options.OnGap != GapPolicy.Fail:
                subscription.IsOpen = true;
                subscription.Position = PositionAfter(subscription, gap);
                subscription.ExpiresAt = gap.Descriptor.ExpiresAt;
                output.Subscribed(subscription, gap.Descriptor);
                break;
        }

        subscription.Phase = SubscriptionPhase.Reading;
        OnRead(subscription, outcome);
    }

    /// <summary>A read is done.</summary>
    /// <param name="subscription">Reading, or over by now.</param>
    /// <param name="outcome">Null when it brought events that the connection cannot take now and that were let go.</param>
    public void OnRead(Subscription subscription, ReadOutcome? outcome)
    {
        if (subscription.Phase != SubscriptionPhase.Reading)
        {
            return;
        }

        switch (outcome)
        {
            case null:
                Read(subscription);
                break;
            case ReadOutcome.Batch batch:
                Take(subscription, batch);
                break;
            case ReadOutcome.Gap gap when subscription.Options.OnGap != GapPolicy.Fail:
                subscription.Position = PositionAfter(subscription, gap);
                subscription.ExpiresAt = gap.Descriptor.ExpiresAt;
                output.Gap(subscription, gap.Info);
                Read(subscription);
                break;
            case ReadOutcome.NotFound or ReadOutcome.Gone when subscription.IsOpen:
                subscription.Ending = StreamEndTexts.Of(outcome, subscription.ExpiresAt, Time?.GetUtcNow() ?? default)!.Value;
                EndAt(subscription, subscription.Position);
                break;
            default:
                output.Failed(subscription, ErrorResponses.Of(outcome, subscription.Name)!);
                Remove(subscription);
                break;
        }
    }

    /// <summary>Reads on after events reached the client on another way, up to <see cref="Subscription.Position"/>.</summary>
    public void OnDelivered(Subscription subscription)
    {
        if (subscription.Phase == SubscriptionPhase.Reading)
        {
            Read(subscription);
        }
    }

    /// <summary>
    /// Gives subscriptions their turns until about <paramref name="maxBytes"/> are written or none is ready, or until one
    /// has a large event: that one is <see cref="Large"/>, and nothing else is to be written before its end.
    /// </summary>
    /// <returns>Whether anything was written.</returns>
    public bool Write(int maxBytes)
    {
        var turns = _ready.Count;
        for (var left = turns; left > 0 && Large is null && _ready.TryPeek(out var subscription); left--)
        {
            if (subscription is { Phase: SubscriptionPhase.Ready, Batch: { } batch })
            {
                if (!HasRoom(batch, maxBytes))
                {
                    // Its turn comes first after the flush.
                    break;
                }

                _ready.Dequeue();
                WriteSlice(subscription, batch, Math.Max(SmallestSlice, maxBytes / turns));
            }
            else
            {
                _ready.Dequeue();
            }
        }

        return turns > 0;
    }

    /// <summary>The client took all of <see cref="Large"/>.</summary>
    public void OnLargeSent()
    {
        var (subscription, sent, isCaughtUp, atEnd) = Large!;
        Large = null;
        subscription.Position = sent.After;
        if (subscription.Credit != Subscription.Unbounded)
        {
            subscription.Credit -= sent.PayloadBytes;
        }

        Settle(subscription, isCaughtUp, atEnd);
    }

    /// <summary><see cref="Large"/> was removed before any of it was written.</summary>
    public void OnLargeRemoved()
    {
        var subscription = Large!.Subscription;
        Large = null;
        Read(subscription);
    }

    /// <summary>The connection takes nothing now: everything in hand is let go, positions stay.</summary>
    public void Pause()
    {
        _isPaused = true;
        while (_ready.TryDequeue(out var subscription))
        {
            if (subscription.Phase == SubscriptionPhase.Ready)
            {
                subscription.Batch = null;
                subscription.Phase = SubscriptionPhase.Parked;
            }
        }
    }

    /// <summary>The connection takes something again.</summary>
    public void Resume()
    {
        _isPaused = false;
        foreach (var subscription in _byName.Values)
        {
            if (subscription.Phase == SubscriptionPhase.Parked)
            {
                Read(subscription);
            }
        }
    }

    private void Take(Subscription subscription, ReadOutcome.Batch batch)
    {
        if (batch.Slices.Count == 0)
        {
            subscription.IsCaughtUp = true;
            if (batch.AtEnd)
            {
                EndAt(subscription, batch.Next);
            }
            else
            {
                Read(subscription);
            }
        }
        else if (subscription.Credit <= 0)
        {
            subscription.Phase = SubscriptionPhase.Starved;
        }
        else if (_isPaused)
        {
            subscription.Phase = SubscriptionPhase.Parked;
        }
        else
        {
            subscription.Phase = SubscriptionPhase.Ready;
            subscription.Batch = batch;
            _ready.Enqueue(subscription);
        }
    }

    /// <summary>Whether the first event of a batch fits what is left of a slice; the first one of a slice always does.</summary>
    private bool HasRoom(ReadOutcome.Batch batch, int maxBytes)
    {
        var written = output.Unflushed;
        return written == 0
            || written + FrameOverhead + (batch.Slices[0].Block.GetPayloadBytes(batch.Slices[0].Start, batch.Slices[0].Start + 1) / 3 * 4)
                <= maxBytes;
    }

    private void WriteSlice(Subscription subscription, ReadOutcome.Batch batch, int maxBytes)
    {
        subscription.Batch = null;
        var next = output.Events(subscription, batch, maxBytes);
        if (next == batch.From)
        {
            var large = output.Large(subscription, batch);
            if (subscription.Options.MaxMessageBytes is > 0 and var most && large.Measure() > most)
            {
                large.LetGo();
                output.Failed(subscription, ErrorResponses.OfLargeEvent(subscription.Options.MaxMessageBytes, batch));
                Remove(subscription);
                return;
            }

            var isLast = batch.UpToDate && batch.EndsAt(large.After);
            subscription.Phase = SubscriptionPhase.Reading;
            Large = new LargeDelivery(subscription, large, isLast, isLast && batch.AtEnd);
            return;
        }

        subscription.Position = next;
        var isCaughtUp = batch.UpToDate && batch.EndsAt(next);
        if (subscription.Credit != Subscription.Unbounded)
        {
            subscription.Credit -= PayloadBytes(batch, next.Sequence);
        }

        Settle(subscription, isCaughtUp, isCaughtUp && batch.AtEnd);
    }

    /// <summary>Goes on after events that the client got.</summary>
    private void Settle(Subscription subscription, bool isCaughtUp, bool atEnd)
    {
        subscription.IsCaughtUp = isCaughtUp;
        if (atEnd)
        {
            EndAt(subscription, subscription.Position);
        }
        else if (subscription.IsCaughtUp && ParksWhenCaughtUp)
        {
            subscription.Phase = SubscriptionPhase.Parked;
        }
        else
        {
            Read(subscription);
        }
    }

    private void EndAt(Subscription subscription, StreamOffset final)
    {
        output.End(subscription, final);
        Remove(subscription);
    }

    private void Read(Subscription subscription)
    {
        subscription.Phase = SubscriptionPhase.Reading;
        reads.Read(subscription, ReadBytes(subscription));
    }

    /// <summary>No more than the credit allows, so that a whole batch may be written; without credit, to learn of an end.</summary>
    private int ReadBytes(Subscription subscription) => (int)Math.Clamp(subscription.Credit, 1, maxReadBytes);

    private static StreamOffset PositionAfter(Subscription subscription, ReadOutcome.Gap gap) =>
        subscription.Options.OnGap == GapPolicy.Latest ? gap.Info.Tail : gap.Resume;

    private static long PayloadBytes(ReadOutcome.Batch batch, long end)
    {
        long bytes = 0;
        foreach (var slice in batch.Slices)
        {
            var count = (int)Math.Min(slice.Count, end - slice.FirstSequence);
            if (count > 0)
            {
                bytes += slice.Block.GetPayloadBytes(slice.Start, slice.Start + count);
            }
        }

        return bytes;
    }
}
