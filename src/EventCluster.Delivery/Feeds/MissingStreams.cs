
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Delivery.Feeds;

/// <summary>
/// Followers that came before their stream (<c>wait-for-stream</c>). A stream that is created through this edge wakes them at
/// once; for one that is created elsewhere each name is asked for now and then, once for all its followers. Bounded by names.
/// </summary>
internal sealed class MissingStreams(IStreamDirectory streams, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LeastWait = TimeSpan.FromMilliseconds(1);

    /// <summary>The answer when as many names are waited for as may be.</summary>
    public static ReadOutcome.Unavailable Full { get; } = new(
        UnavailableReason.Overloaded,
        $"Clients of this node wait for {DeliveryLimits.MaxMissingStreams} streams that do not exist, which is the limit; try again later.");

    private readonly Dictionary<StreamName, Entry> _entries = [];
    private readonly Lock _gate = new();

    /// <summary>Names that are waited for now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>A place among the followers of a name; null when as many names are waited for as may be.</summary>
    public Place? TryEnter(StreamName name)
    {
        Entry? entry;
        var isNew = false;
        lock (_gate)
        {
            if (!_entries.TryGetValue(name, out entry))
            {
                if (_entries.Count == DeliveryLimits.MaxMissingStreams)
                {
                    return null;
                }

                isNew = true;
                entry = new Entry();
                _entries.Add(name, entry);
            }

            entry.Followers++;
        }

        if (isNew)
        {
            _ = AskAsync(name, entry);
        }

        return new Place(this, name, entry);
    }

    /// <summary>A stream was created through this edge.</summary>
    public void OnCreated(StreamName name)
    {
        Entry? entry;
        lock (_gate)
        {
            entry = _entries.GetValueOrDefault(name);
        }

        entry?.Wake();
    }

    private void Leave(StreamName name, Entry entry)
    {
        lock (_gate)
        {
            if (--entry.Followers > 0)
            {
                return;
            }

            _entries.Remove(name);
        }

        entry.Dispose();
    }

    /// <summary>Asks for a name until nobody follows it.</summary>
    private async Task AskAsync(StreamName name, Entry entry)
    {
        var left = entry.Left;
        try
        {
            for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
            {
                await Task.Delay(pause, time, left);
                if (await IsThereAsync(name, left))
                {
                    entry.Wake();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The last follower left.
        }
    }

    private async ValueTask<bool> IsThereAsync(StreamName name, CancellationToken cancellationToken)
    {
        try
        {
            return await streams.GetStream(name).DescribeAsync(cancellationToken) is DescribeOutcome.Found or DescribeOutcome.Gone;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // An owner that fails is asked again; the follower's own read tells what is wrong.
            return false;
        }
    }

    /// <summary>One follower's place; given back once.</summary>
    internal sealed class Place(MissingStreams missing, StreamName name, Entry entry) : IDisposable
    {
        /// <summary>The next arrival; looked up before the stream is, so that none in between is missed.</summary>
        private Task _arrival = entry.Arrival;

        /// <summary>Waits until the stream may be there; false when the time is over.</summary>
        /// <exception cref="OperationCanceledException">The follower left.</exception>
        public async ValueTask<bool> WaitAsync(TimeSpan upTo, TimeProvider time, CancellationToken cancellationToken)
        {
            try
            {
                // Never nothing: what is left may be less than a tick, and a caller that asks again would go round without waiting.
                await _arrival.WaitAsync(upTo > LeastWait ? upTo : LeastWait, time, cancellationToken);
                _arrival = entry.Arrival;
                return true;
            }
            catch (TimeoutException)
            {
                return false;
            }
        }

        public void Dispose() => missing.Leave(name, entry);
    }

    /// <summary>A name that is waited for.</summary>
    internal sealed class Entry : IDisposable
    {
        private readonly CancellationTokenSource _left = new();
        private TaskCompletionSource _arrival = NewArrival();

        /// <summary>Followers; guarded by the lock of the table.</summary>
        public int Followers { get; set; }

        /// <summary>Cancelled when nobody follows the name any more.</summary>
        public CancellationToken Left => _left.Token;

        /// <summary>Completes when the stream may be there.</summary>
        public Task Arrival => Volatile.Read(ref _arrival).Task;

        /// <summary>Wakes the followers; those that find no stream wait for the next arrival.</summary>
        public void Wake() => Interlocked.Exchange(ref _arrival, NewArrival()).TrySetResult();

        public void Dispose()
        {
            _left.Cancel();
            _left.Dispose();
        }

        private static TaskCompletionSource NewArrival() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
