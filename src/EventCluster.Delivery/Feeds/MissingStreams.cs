using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Delivery.Feeds;

/// <summary>
/// Followers that came before their stream (<c>wait-for-stream</c>). A stream that is created through this edge wakes them at
/// once; for one that is created elsewhere each name is asked for now and then, once for all its followers. Bounded by names; when all are
/// taken, whoever waits for fewer than another client gets one of that client's, so nobody keeps the others out.
/// </summary>
internal sealed class MissingStreams(IStreamDirectory streams, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LeastWait = TimeSpan.FromMilliseconds(1);

    /// <summary>The answer when as many names are waited for as may be.</summary>
    public static ReadOutcome.Unavailable Full { get; } = new(
        UnavailableReason.Overloaded,
        $"Clients of this node wait for {DeliveryLimits.MaxMissingStreams} streams that do not exist, which is the limit, and none of them for more "
        + "than this one; try again later.");

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

    /// <summary>A place among the followers of a name; null when as many names are waited for as may be, and none by a client that has more.</summary>
    /// <param name="name">The stream.</param>
    /// <param name="client">Who waits; the first that waits for a name is who it counts for.</param>
    public Place? TryEnter(StreamName name, WaitingClient client)
    {
        Entry? entry;
        Entry? yielded = null;
        Place place;
        var isNew = false;
        lock (_gate)
        {
            if (!_entries.TryGetValue(name, out entry))
            {
                if (_entries.Count == DeliveryLimits.MaxMissingStreams)
                {
                    if (FindYielding(client) is not { } from)
                    {
                        return null;
                    }

                    _entries.Remove(from, out yielded);
                }

                isNew = true;
                entry = new Entry(client);
                _entries.Add(name, entry);
            }

            entry.Followers++;

            // Under the lock: whoever wakes the entry from now on wakes this place.
            place = new Place(this, name, entry);
        }

        yielded?.GiveUp();
        if (isNew)
        {
            _ = AskAsync(name, entry);
        }

        return place;
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

            if (_entries.GetValueOrDefault(name) == entry)
            {
                _entries.Remove(name);
            }
        }

        entry.Dispose();
    }

    /// <summary>
    /// A name that its client has to give to another one: of the address that waits for most names, if that are more than the other's
    /// will be, else of the connection of the same address that waits for most. Null when nobody has more.
    /// </summary>
    private StreamName? FindYielding(WaitingClient client)
    {
        var addresses = _entries.Values.CountBy(static entry => entry.Client.Address).ToDictionary();
        var most = addresses.MaxBy(static address => address.Value);
        var own = addresses.GetValueOrDefault(client.Address);
        var isForeign = own + 1 < most.Value;
        if (!isForeign && own == 0)
        {
            return null;
        }

        var from = isForeign ? most.Key : client.Address;
        var connections = _entries.Values.Where(entry => entry.Client.Address == from)
            .CountBy(static entry => entry.Client.Connection).ToDictionary();
        var largest = connections.MaxBy(static connection => connection.Value);
        if (!isForeign && connections.GetValueOrDefault(client.Connection) + 1 >= largest.Value)
        {
            return null;
        }

        return _entries.First(entry => entry.Value.Client == new WaitingClient(from, largest.Key)).Key;
    }

    /// <summary>Asks for a name until nobody follows it.</summary>
    private async Task AskAsync(StreamName name, Entry entry)
    {
        var left = entry.Left;
        try
        {
            for (var pause = FirstPause; !entry.IsGivenUp; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
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

        /// <summary>The place went to a client that waits for fewer streams.</summary>
        public bool IsGivenUp => entry.IsGivenUp;

        /// <summary>Waits until the stream may be there; false when the time is over, or the place is given up.</summary>
        /// <exception cref="OperationCanceledException">The follower left.</exception>
        public async ValueTask<bool> WaitAsync(TimeSpan upTo, TimeProvider time, CancellationToken cancellationToken)
        {
            try
            {
                // Never nothing: what is left may be less than a tick, and a caller that asks again would go round without waiting.
                await _arrival.WaitAsync(upTo > LeastWait ? upTo : LeastWait, time, cancellationToken);
                _arrival = entry.Arrival;
                return !entry.IsGivenUp;
            }
            catch (TimeoutException)
            {
                return false;
            }
        }

        public void Dispose() => missing.Leave(name, entry);
    }

    /// <summary>A name that is waited for.</summary>
    internal sealed class Entry(WaitingClient client) : IDisposable
    {
        private readonly CancellationTokenSource _left = new();
        private TaskCompletionSource _arrival = NewArrival();
        private volatile bool _isGivenUp;

        /// <summary>Who it counts for.</summary>
        public WaitingClient Client => client;

        /// <summary>Nobody waits for it any more, because another client needs the place.</summary>
        public bool IsGivenUp => _isGivenUp;

        /// <summary>Followers; guarded by the lock of the table.</summary>
        public int Followers { get; set; }

        /// <summary>Cancelled when nobody follows the name any more.</summary>
        public CancellationToken Left => _left.Token;

        /// <summary>Completes when the stream may be there.</summary>
        public Task Arrival => Volatile.Read(ref _arrival).Task;

        /// <summary>Wakes the followers; those that find no stream wait for the next arrival.</summary>
        public void Wake() => Interlocked.Exchange(ref _arrival, NewArrival()).TrySetResult();

        /// <summary>Ends the wait of all followers.</summary>
        public void GiveUp()
        {
            _isGivenUp = true;
            Wake();
        }

        public void Dispose()
        {
            _left.Cancel();
            _left.Dispose();
        }

        private static TaskCompletionSource NewArrival() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
