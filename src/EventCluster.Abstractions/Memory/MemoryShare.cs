namespace EventCluster.Abstractions.Memory;

/// <summary>
/// One named part of a <see cref="MemoryBudget"/>: bytes are reserved here before they are allocated, and released when
/// the array is given up. Safe for all threads; takes no lock unless somebody waits.
/// </summary>
/// <remarks>
/// Who waits for a share holds nothing of any other one, so no circle of waits can arise. Code that holds bytes and needs
/// more asks with <see cref="TryReserve"/> and refuses its client when there are none.
/// </remarks>
/// <param name="name">Its name in metrics, messages and the table of limits.</param>
/// <param name="limit">Most bytes that may be reserved at once.</param>
/// <param name="maxWaiters">Most callers that wait at once; one more is refused.</param>
public sealed class MemoryShare(string name, long limit, int maxWaiters = MemoryShare.DefaultMaxWaiters)
{
    /// <summary>Most callers that wait at once unless the constructor says otherwise.</summary>
    public const int DefaultMaxWaiters = 10_000;

    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiters = [];
    private long _used;
    private long _refused;
    private long _peak;
    private int _waiting;

    /// <summary>Its name in metrics, messages and the table of limits.</summary>
    public string Name => name;

    /// <summary>Most bytes that may be reserved at once.</summary>
    public long Limit => limit;

    /// <summary>Bytes that are reserved now.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>Most bytes that were reserved at once.</summary>
    public long Peak => Volatile.Read(ref _peak);

    /// <summary>Reservations that were refused.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Whether nothing more may be reserved.</summary>
    public bool IsFull => Used >= limit;

    /// <summary>Callers that wait now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Reserves the bytes, or nothing when they would go beyond the limit.</summary>
    /// <param name="bytes">Length of the array that is about to be allocated; 0 is always reserved.</param>
    public bool TryReserve(long bytes)
    {
        if (TryAdd(bytes))
        {
            return true;
        }

        Interlocked.Increment(ref _refused);
        return false;
    }

    /// <summary>
    /// Counts bytes that are needed whatever the limit says, such as the index of what is stored already. What can be
    /// refused asks <see cref="IsFull"/> first.
    /// </summary>
    public void Take(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        NotePeak(Interlocked.Add(ref _used, bytes));
    }

    /// <summary>Gives reserved bytes back and lets callers that wait go on.</summary>
    /// <exception cref="InvalidOperationException">More is given back than was reserved: a fault of the caller.</exception>
    public void Release(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (Interlocked.Add(ref _used, -bytes) < 0)
        {
            Interlocked.Add(ref _used, bytes);
            throw new InvalidOperationException($"More bytes of the share '{name}' are released than were reserved.");
        }

        // A caller that waits is counted before it looks a last time, so it sees these bytes or is seen here.
        if (Volatile.Read(ref _waiting) > 0)
        {
            Grant();
        }
    }

    /// <summary>
    /// Reserves the bytes, waiting for them in order of arrival. Only for callers that hold nothing of another share.
    /// </summary>
    /// <param name="bytes">Length of the array that is about to be allocated.</param>
    /// <param name="longest">How long to wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the wait with an exception.</param>
    /// <returns>False when the wait was too long, or too many wait already, or the bytes never fit.</returns>
    public ValueTask<bool> ReserveAsync(
        long bytes, TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(time);
        if (TryAdd(bytes))
        {
            return new ValueTask<bool>(true);
        }

        if (bytes > limit || longest <= TimeSpan.Zero)
        {
            Interlocked.Increment(ref _refused);
            return new ValueTask<bool>(false);
        }

        return WaitAsync(new Waiter(bytes), longest, time, cancellationToken);
    }

    private async ValueTask<bool> WaitAsync(
        Waiter waiter, TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_waiters.Count >= maxWaiters)
            {
                Interlocked.Increment(ref _refused);
                return false;
            }

            _waiters.AddLast(waiter.Node);
            Interlocked.Increment(ref _waiting);
        }

        Grant();
        try
        {
            await waiter.Granted.Task.WaitAsync(longest, time, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            if (!TryLeave(waiter))
            {
                // Granted in the same moment: the bytes are the caller's after all, unless it does not want them any more.
                if (e is TimeoutException)
                {
                    return true;
                }

                Release(waiter.Bytes);
                throw;
            }

            if (e is OperationCanceledException)
            {
                throw;
            }

            Interlocked.Increment(ref _refused);
            return false;
        }
    }

    private bool TryAdd(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        var used = Volatile.Read(ref _used);
        while (bytes <= limit - used)
        {
            var before = Interlocked.CompareExchange(ref _used, used + bytes, used);
            if (before == used)
            {
                NotePeak(used + bytes);
                return true;
            }

            used = before;
        }

        return bytes == 0;
    }

    private void NotePeak(long used)
    {
        var peak = Volatile.Read(ref _peak);
        while (used > peak)
        {
            var before = Interlocked.CompareExchange(ref _peak, used, peak);
            if (before == peak)
            {
                return;
            }

            peak = before;
        }
    }

    /// <summary>Lets callers go on in order of arrival while their bytes fit; a large one is not overtaken here.</summary>
    private void Grant()
    {
        lock (_gate)
        {
            while (_waiters.First is { } first && TryAdd(first.Value.Bytes))
            {
                Leave(first.Value);
                first.Value.Granted.SetResult();
            }
        }
    }

    private bool TryLeave(Waiter waiter)
    {
        lock (_gate)
        {
            if (waiter.Granted.Task.IsCompleted)
            {
                return false;
            }

            Leave(waiter);
        }

        // What stands behind it may be smaller.
        Grant();
        return true;
    }

    private void Leave(Waiter waiter)
    {
        _waiters.Remove(waiter.Node);
        Interlocked.Decrement(ref _waiting);
    }

    private sealed class Waiter
    {
        public Waiter(long bytes)
        {
            Bytes = bytes;
            Node = new LinkedListNode<Waiter>(this);
        }

        public long Bytes { get; }

        public LinkedListNode<Waiter> Node { get; }

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
