using System.IO.Pipelines;
using System.Threading.Channels;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Reading;
using EventCluster.Delivery.Timing;
using EventCluster.Protocol;

namespace EventCluster.Edge.Sessions;

/// <summary>
/// Drives one connection with several streams: everything that happens is posted here and dealt with in order by one loop,
/// which is also the only writer. A turn writes about one slice, then waits until the connection took it; meanwhile nothing
/// is kept but positions. What is posted is bounded by its senders: one read per subscription, and what a receiver admits.
/// </summary>
internal sealed partial class SessionLoop : ISubscriptionReads, IDeadline
{
    private readonly Channel<SessionEvent> _events = Channel.CreateUnbounded<SessionEvent>(
        new UnboundedChannelOptions { SingleReader = true });

    private readonly SessionServices _services;
    private readonly ISessionConnection _output;
    private readonly ISessionOutput _words;
    private readonly TimeSpan _window;
    private readonly CancellationToken _ended;
    private bool _isResting;
    private bool _hasBurst;
    private Action? _afterRest;
    private volatile bool _isPaused;
    private volatile bool _isEnding;
    private long _lastSent;

    /// <param name="services">What all sessions share.</param>
    /// <param name="output">The connection; written by the loop alone.</param>
    /// <param name="words">The transport's words.</param>
    /// <param name="window">Least time between two deliveries; zero to deliver at once.</param>
    /// <param name="ended">Cancelled when the connection is gone.</param>
    public SessionLoop(
        SessionServices services, ISessionConnection output, ISessionOutput words, TimeSpan window, CancellationToken ended)
    {
        _services = services;
        _output = output;
        _words = words;
        _window = window;
        _ended = ended;
        _lastSent = services.Time.GetTimestamp();
        Subscriptions = new SubscriptionSet(words, this, SliceBudget.Bytes(services.Options.MaxSseSlice))
        {
            ParksWhenCaughtUp = window > TimeSpan.Zero,
            Time = services.Time,
        };
    }

    /// <summary>The streams; for the loop's thread alone.</summary>
    public SubscriptionSet Subscriptions { get; }

    /// <summary>When the client last took something, in timestamps.</summary>
    public long LastSent => Math.Max(Volatile.Read(ref _lastSent), Volatile.Read(ref _connection)?.WrittenAt ?? 0);

    /// <summary>The client takes nothing now.</summary>
    public bool IsPaused => _isPaused;

    /// <summary>Nothing more is written after the present turn.</summary>
    public bool IsEnding => _isEnding;

    /// <summary>Whose connection it is.</summary>
    public WaitingClient Client { get; init; }

    /// <summary>What happens when a stream that was waited for does not exist in time; null to tell the client as an error.</summary>
    public Action? WhenStillMissing { get; init; }

    /// <summary>Whether the loop ends when the last subscription is over.</summary>
    public bool EndsWithLastSubscription { get; init; }

    /// <summary>
    /// Ends the connection inside an event that is not there any more, so that no part is taken for the whole.
    /// </summary>
    public required Action Cut { get; init; }

    /// <summary>Has a piece of work done by the loop.</summary>
    public void Post(Action work) => Enqueue(new SessionEvent(work));

    /// <summary>
    /// Does a piece of work now, or with the next delivery when the connection rests until then; for the loop's thread
    /// alone. What does not answer the client goes this way, so that its radio wakes once per window.
    /// </summary>
    public void DoWithDelivery(Action work)
    {
        if (_isResting)
        {
            _afterRest = work;
        }
        else
        {
            work();
            _hasBurst = true;
        }
    }

    /// <summary>What was written so far is the last.</summary>
    public void End() => _isEnding = true;

    /// <summary>Runs until <see cref="End"/>, or until the connection is gone.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (!_isEnding && await WaitAsync())
            {
                while (!_isEnding && _events.Reader.TryRead(out var next))
                {
                    Deal(next);
                }

                if (!_isEnding)
                {
                    _hasBurst |= Subscriptions.Write(_output.Slice);
                    if (Subscriptions.Large is { } large && !await SendAsync(large))
                    {
                        return;
                    }

                    RestWhenCaughtUp();
                    _isEnding = EndsWithLastSubscription && Subscriptions.Count == 0;
                }

                if (!await FlushAsync())
                {
                    return;
                }
            }
        }
        finally
        {
            foreach (var subscription in Subscriptions.All)
            {
                Leave(subscription);
            }
        }
    }

    /// <inheritdoc />
    public void Open(Subscription subscription, int maxBytes)
    {
        subscription.Source = new SubscriptionSource(
            _services.Feeds.Open(subscription.Name), SliceBudget.Events(_services.Options.MaxSseSlice), Client, _ended);
        _ = OpenAsync(subscription, subscription.Source, maxBytes);
    }

    /// <inheritdoc />
    public void Read(Subscription subscription, int maxBytes) =>
        _ = ReadAsync(subscription, subscription.Source!, maxBytes, waits: !CanRide(subscription));

    /// <inheritdoc />
    public void Leave(Subscription subscription) => subscription.Source?.Leave();

    /// <inheritdoc />
    public void OnDue(long now) => Post(EndRest);

    /// <summary>With a window: once everything was delivered nothing more is until the window is over.</summary>
    private void RestWhenCaughtUp()
    {
        if (_hasBurst && !_isResting && _window > TimeSpan.Zero && Subscriptions.IsAtRest)
        {
            (_isResting, _hasBurst) = (true, false);
            Subscriptions.Pause();
            _services.Deadlines.Add(this, _services.Deadlines.In(_window));
        }
    }

    /// <summary>
    /// Writes a large event from its beginning to its end. What is posted meanwhile waits, and so does every other
    /// subscription, as a position. False when the connection is gone.
    /// </summary>
    private async ValueTask<bool> SendAsync(LargeDelivery large)
    {
        _isPaused = true;
        Subscriptions.Pause();
        var exit = await new Sender(this, large.Subscription).SendAsync(large.Event);
        _isPaused = false;
        switch (exit)
        {
            case SliceExit.Sent:
                Subscriptions.OnLargeSent();
                break;
            case SliceExit.Removed:
                Subscriptions.OnLargeRemoved();
                break;
            case SliceExit.Lost:
                Cut();
                return await FlushAsync();
            default:
                return false;
        }

        if (!_isResting)
        {
            Subscriptions.Resume();
        }

        return true;
    }

    private void EndRest()
    {
        _isResting = false;
        Subscriptions.Resume();
        _afterRest?.Invoke();
        _afterRest = null;
    }

    private void Deal(SessionEvent next)
    {
        if (next.Run is { } work)
        {
            work();
        }
        else if (next is { IsOpening: true, Outcome: ReadOutcome.NotFound, Subscription.IsAwaited: true } && WhenStillMissing is { } end)
        {
            end();
        }
        else if (next.IsOpening)
        {
            Subscriptions.OnOpened(next.Subscription!, next.Outcome!, next.Subscription!.Source!.Start);
        }
        else if (!TryBoard(next))
        {
            Subscriptions.OnRead(next.Subscription!, next.Outcome);
        }
    }

    private async Task OpenAsync(Subscription subscription, SubscriptionSource source, int maxBytes)
    {
        try
        {
            if (await source.OpenAsync(
                subscription.Options, maxBytes, _services, () => Post(() => subscription.IsAwaited = true)) is { } outcome)
            {
                Enqueue(new SessionEvent(null, subscription, outcome, IsOpening: true));
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private async Task ReadAsync(Subscription subscription, SubscriptionSource source, int maxBytes, bool waits)
    {
        try
        {
            if (await source.ReadAsync(subscription.Position, maxBytes, waits) is { } outcome)
            {
                // A connection that takes nothing keeps no events, not even in the loop's own queue.
                var isLetGo = _isPaused && outcome is ReadOutcome.Batch { Slices.Count: > 0 };
                Enqueue(new SessionEvent(null, subscription, isLetGo ? null : outcome));
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>A surprise ends the loop: it surfaces where the session runs.</summary>
    private void Fail(Exception e)
    {
        _events.Writer.TryComplete(e);
        _interrupt.Raise();
    }

    private async ValueTask<bool> FlushAsync()
    {
        if (!_output.HasUnflushed)
        {
            return true;
        }

        var flush = _output.FlushAsync(_ended);
        FlushResult result;
        if (flush.IsCompleted)
        {
            result = await flush;
        }
        else
        {
            _isPaused = true;
            Subscriptions.Pause();
            result = await flush;
            _isPaused = false;
            if (!_isResting)
            {
                Subscriptions.Resume();
            }
        }

        Volatile.Write(ref _lastSent, _services.Time.GetTimestamp());
        return !result.IsCompleted && !result.IsCanceled;
    }

    /// <summary>Large events on this connection.</summary>
    private sealed class Sender(SessionLoop loop, Subscription subscription) : SliceSender(loop._services.Pins.Delivery)
    {
        /// <inheritdoc />
        protected override void WriteSlice(LargeEvent large) => loop._words.Part(large, loop._output.Slice);

        /// <inheritdoc />
        protected override async ValueTask<bool> FlushAsync()
        {
            var result = await loop._output.FlushAsync(loop._ended);
            Volatile.Write(ref loop._lastSent, loop._services.Time.GetTimestamp());
            return !result.IsCompleted && !result.IsCanceled;
        }

        /// <inheritdoc />
        protected override ValueTask<ReadOutcome?> ReadAgainAsync(StreamOffset position) =>
            subscription.Source!.ReadAsync(position, maxBytes: 1, waits: false);
    }
}
