using System.IO.Pipelines;
using System.Threading.Channels;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Feeds;

namespace EventCluster.Edge.Sessions;

/// <summary>
/// Drives one connection with several streams: everything that happens is posted here and dealt with in order by one loop,
/// which is also the only writer. A turn writes about one slice, then waits until the connection took it; meanwhile nothing
/// is kept but positions. What is posted is bounded by its senders: one read per subscription, and what a receiver admits.
/// </summary>
internal sealed class SessionLoop : ISubscriptionReads
{
    private const int SmallestFrameBytes = 32;
    private const int SmallSlice = 8 * 1024;

    private readonly Channel<SessionEvent> _events = Channel.CreateUnbounded<SessionEvent>(
        new UnboundedChannelOptions { SingleReader = true });

    private readonly FeedDirectory _feeds;
    private readonly SessionWriter _output;
    private readonly TimeProvider _time;
    private readonly CancellationToken _ended;
    private readonly int _maxSliceBytes;
    private int _sliceBytes;
    private volatile bool _isPaused;
    private volatile bool _isEnding;
    private long _lastSent;

    /// <param name="feeds">Where streams are read.</param>
    /// <param name="output">The connection; written by the loop alone.</param>
    /// <param name="sliceBytes">Bytes of one turn, roughly; one event may be larger.</param>
    /// <param name="time">The clock.</param>
    /// <param name="words">The transport's words.</param>
    /// <param name="ended">Cancelled when the connection is gone.</param>
    public SessionLoop(
        FeedDirectory feeds, SessionWriter output, int sliceBytes, TimeProvider time, ISessionOutput words, CancellationToken ended)
    {
        _feeds = feeds;
        _output = output;
        _maxSliceBytes = sliceBytes;
        _sliceBytes = sliceBytes;
        _time = time;
        _ended = ended;
        _lastSent = time.GetTimestamp();
        Subscriptions = new SubscriptionSet(words, this, Math.Max(1, sliceBytes / 10 * 7));
    }

    /// <summary>The streams; for the loop's thread alone.</summary>
    public SubscriptionSet Subscriptions { get; }

    /// <summary>When the client last took something, in timestamps.</summary>
    public long LastSent => Volatile.Read(ref _lastSent);

    /// <summary>The client takes nothing now.</summary>
    public bool IsPaused => _isPaused;

    /// <summary>Nothing more is written after the present turn.</summary>
    public bool IsEnding => _isEnding;

    /// <summary>Whether the loop ends when the last subscription is over.</summary>
    public bool EndsWithLastSubscription { get; init; }

    /// <summary>Has a piece of work done by the loop.</summary>
    public void Post(Action work) => _events.Writer.TryWrite(new SessionEvent(work));

    /// <summary>What was written so far is the last.</summary>
    public void End() => _isEnding = true;

    /// <summary>Runs until <see cref="End"/>, or until the connection is gone.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (!_isEnding && (Subscriptions.HasReady || await _events.Reader.WaitToReadAsync(_ended)))
            {
                while (!_isEnding && _events.Reader.TryRead(out var next))
                {
                    Deal(next);
                }

                if (!_isEnding)
                {
                    Subscriptions.Write(_sliceBytes);
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
            _feeds.Open(subscription.Name), Math.Max(1, _maxSliceBytes / SmallestFrameBytes), _ended);
        _ = OpenAsync(subscription, subscription.Source, maxBytes);
    }

    /// <inheritdoc />
    public void Read(Subscription subscription, int maxBytes) =>
        _ = ReadAsync(subscription, subscription.Source!, maxBytes);

    /// <inheritdoc />
    public void Leave(Subscription subscription) => subscription.Source?.Leave();

    private void Deal(SessionEvent next)
    {
        if (next.Run is { } work)
        {
            work();
        }
        else if (next.IsOpening)
        {
            Subscriptions.OnOpened(next.Subscription!, next.Outcome!, next.Subscription!.Source!.Start);
        }
        else
        {
            Subscriptions.OnRead(next.Subscription!, next.Outcome);
        }
    }

    private async Task OpenAsync(Subscription subscription, SubscriptionSource source, int maxBytes)
    {
        try
        {
            if (await source.OpenAsync(subscription.Options.Start, maxBytes) is { } outcome)
            {
                _events.Writer.TryWrite(new SessionEvent(null, subscription, outcome, IsOpening: true));
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private async Task ReadAsync(Subscription subscription, SubscriptionSource source, int maxBytes)
    {
        try
        {
            if (await source.ReadAsync(subscription.Position, maxBytes) is { } outcome)
            {
                // A connection that takes nothing keeps no events, not even in the loop's own queue.
                var isLetGo = _isPaused && outcome is ReadOutcome.Batch { Slices.Count: > 0 };
                _events.Writer.TryWrite(new SessionEvent(null, subscription, isLetGo ? null : outcome));
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>A surprise ends the loop: it surfaces where the session runs.</summary>
    private void Fail(Exception e) => _events.Writer.TryComplete(e);

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
            _sliceBytes = Math.Min(_sliceBytes * 2, _maxSliceBytes);
        }
        else
        {
            // What a client does not take at once stays in memory until it does.
            _sliceBytes = Math.Min(SmallSlice, _maxSliceBytes);
            _isPaused = true;
            Subscriptions.Pause();
            result = await flush;
            _isPaused = false;
            Subscriptions.Resume();
        }

        Volatile.Write(ref _lastSent, _time.GetTimestamp());
        return !result.IsCompleted && !result.IsCanceled;
    }
}
