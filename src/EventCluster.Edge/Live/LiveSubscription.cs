using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Pump;
using EventCluster.Delivery.Reading;
using EventCluster.Delivery.Timing;
using EventCluster.Edge.Http;
using EventCluster.Protocol;

namespace EventCluster.Edge.Live;

/// <summary>
/// One live response's way through its stream: by itself while it catches up, at its own pace, and on the pump while it
/// follows the tail. With a window it never goes on the pump: it sleeps, then takes everything that came.
/// </summary>
internal sealed class LiveSubscription : IDisposable
{
    private readonly FeedReader _reader;
    private readonly SubscriptionPump _pump;
    private readonly DeadlineQueue _deadlines;
    private readonly TimeSpan _window;
    private readonly int _bytes;
    private readonly int _events;
    private long _nextBurst;
    private StreamOffset _burstEnd;

    public LiveSubscription(
        FeedReader reader, SubscriptionPumps pumps, DeadlineQueue deadlines, in ReadQuery query, EdgeOptions options)
    {
        (_reader, _pump, _deadlines, _window) = (reader, pumps.Next(), deadlines, query.Delivery.Window);
        (OnGap, Base64) = (query.Delivery.OnGap, query.Delivery.Base64);
        (_bytes, _events) = (SliceBudget.Bytes(options.MaxSseSlice), SliceBudget.Events(options.MaxSseSlice));
        Heartbeat = query.Delivery.HeartbeatOr(options.SseHeartbeat);
    }

    /// <summary>What happens when its position cannot be served.</summary>
    public GapPolicy OnGap { get; }

    /// <summary>Payloads of any type are sent as base64.</summary>
    public bool Base64 { get; }

    /// <summary>Silence after which a heartbeat is due.</summary>
    public TimeSpan Heartbeat { get; }

    /// <summary>When the response ends, in timestamps.</summary>
    public long ExpiresAt { get; init; } = long.MaxValue;

    /// <summary>The stream's fixed expiry as it was known last.</summary>
    public DateTimeOffset? StreamExpiresAt { get; set; }

    /// <summary>Where it is.</summary>
    public StreamOffset Position
    {
        get => _reader.Position;
        set => _reader.Position = value;
    }

    /// <summary>Resolves the start and reads from it without waiting.</summary>
    public async ValueTask<ReadOutcome> OpenAsync(ReadStart start, CancellationToken cancellationToken)
    {
        var outcome = await _reader.OpenAsync(start, _bytes, _events, cancellationToken);
        StreamExpiresAt = (outcome as ReadOutcome.Batch)?.Descriptor.ExpiresAt;
        BeginBurst(outcome);
        return outcome;
    }

    /// <summary>Reads one event at the position, without waiting.</summary>
    public ValueTask<ReadOutcome> ReadOneAsync(CancellationToken cancellationToken) =>
        _reader.ReadAsync(maxBytes: 1, maxEvents: 1, TimeSpan.Zero, cancellationToken);

    /// <summary>The newest instant of the stream that is known without asking; null when nothing follows it here.</summary>
    public StreamDescriptor? Known => _reader.Feed?.Descriptor;

    /// <summary>An event that is to be sent slice by slice before anything else.</summary>
    public LargeEvent? Large { get; set; }

    /// <summary>Whether the response's time is over.</summary>
    public bool IsOver => _deadlines.Now >= ExpiresAt;

    /// <summary>
    /// What the response has to write next by itself; an empty batch that is not the end means a heartbeat. Null when it
    /// has caught up: the pump takes over.
    /// </summary>
    public async ValueTask<ReadOutcome?> NextAsync(LiveResponse response)
    {
        // Offsets of a later incarnation of the stream are behind those of the one before, so such a burst is over too.
        if (_window > TimeSpan.Zero && Position >= _burstEnd)
        {
            return await NextBurstAsync(response.Ended);
        }

        var outcome = await _reader.ReadAsync(_bytes, _events, TimeSpan.Zero, response.Ended);
        return outcome is not ReadOutcome.Batch { Slices.Count: 0, AtEnd: false } || _reader.TryFeed() is null ? outcome
            : _window > TimeSpan.Zero ? await NextBurstAsync(response.Ended)
            : null;
    }

    /// <summary>Follows the tail on the pump, from where <see cref="NextAsync"/> answered null. Nothing else is held meanwhile.</summary>
    public ValueTask<PumpExit> FollowAsync(PumpedConnection connection, LiveResponse response)
    {
        connection.Position = Position;
        response.ReleaseEnded();
        return connection.RunAsync(_pump, _reader.TryFeed()!, response.Aborted);
    }

    /// <summary>Takes the position over from the pump; false when the response ends.</summary>
    /// <exception cref="OperationCanceledException">The client left or the server stops.</exception>
    public bool Settle(PumpedConnection connection, PumpExit exit, LiveResponse response)
    {
        Position = connection.Position;
        response.Ended.ThrowIfCancellationRequested();
        return exit == PumpExit.ReadOn;
    }

    public void Dispose() => _reader.Dispose();

    private async ValueTask<ReadOutcome?> NextBurstAsync(CancellationToken cancellationToken)
    {
        await _reader.RestAsync(Math.Min(_nextBurst, ExpiresAt), cancellationToken);
        var left = ExpiresAt == long.MaxValue ? Heartbeat : _deadlines.Until(ExpiresAt);
        var wait = left < TimeSpan.Zero ? TimeSpan.Zero : left < Heartbeat ? left : Heartbeat;
        var outcome = await _reader.ReadAsync(_bytes, _events, wait, cancellationToken);
        BeginBurst(outcome);
        return outcome;
    }

    private void BeginBurst(ReadOutcome outcome)
    {
        if (_window > TimeSpan.Zero)
        {
            _nextBurst = _deadlines.In(_window);
            _burstEnd = outcome is ReadOutcome.Batch batch ? batch.Descriptor.Tail : default;
        }
    }
}
