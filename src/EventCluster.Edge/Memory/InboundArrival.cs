using EventCluster.Abstractions.Memory;

namespace EventCluster.Edge.Memory;

/// <summary>One body or message on its way: what it holds, and how quickly its client sends it.</summary>
/// <remarks>Its reader alone makes it grow; others that need bytes may look at it and cut it.</remarks>
internal sealed class InboundArrival : IDisposable
{
    private readonly Lock _gate = new();
    private readonly InboundPool _pool;
    private readonly Action _cut;
    private MemoryLease _lease;
    private MemoryLease _next;
    private TaskCompletionSource? _ended;
    private bool _isWaiting;
    private bool _isCut;
    private bool _isDisposed;

    // Two windows, so that a client which sends a byte now and then is always measured over at least one whole window.
    private long _windowStart;
    private long _windowBytes;
    private long _lastWindowStart;
    private long _lastWindowBytes;
    private long _lastArrival;

    public InboundArrival(InboundPool pool, Action cut)
    {
        (_pool, _cut) = (pool, cut);
        Node = new LinkedListNode<InboundArrival>(this);
        _windowStart = _lastWindowStart = _lastArrival = pool.Time.GetTimestamp();
    }

    public LinkedListNode<InboundArrival> Node { get; }

    /// <summary>Whether its reader waits for its client.</summary>
    public bool IsWaiting => Volatile.Read(ref _isWaiting);

    /// <summary>What its client has sent.</summary>
    public long Total { get; private set; }

    /// <summary>Its reader waits for the client from here on.</summary>
    public void Wait()
    {
        lock (_gate)
        {
            _isWaiting = true;
        }
    }

    /// <summary>The wait is over; false when it was cut, because others need its bytes.</summary>
    /// <param name="bytes">What the client sent.</param>
    /// <remarks>
    /// A reader that is cut goes on inside the call that cuts it, on the thread and under the lock of the one that needs the
    /// bytes. It leaves both before it does anything else: what it does next takes other locks.
    /// </remarks>
    public ValueTask<bool> ArrivedAsync(long bytes)
    {
        lock (_gate)
        {
            _isWaiting = false;
            var now = _lastArrival = _pool.Time.GetTimestamp();
            if (_pool.Time.GetElapsedTime(_windowStart, now) >= EdgeLimits.SlowAfter)
            {
                (_lastWindowStart, _lastWindowBytes) = (_windowStart, _windowBytes);
                (_windowStart, _windowBytes) = (now, 0);
            }

            _windowBytes += bytes;
            Total += bytes;
            return _isCut ? LeaveAsync() : new ValueTask<bool>(true);
        }
    }

    /// <summary>
    /// Reserves an array beside the one it has. The old one is copied into it and given up with <see cref="Replaced"/>.
    /// </summary>
    /// <param name="capacity">Length of the new array.</param>
    /// <param name="size">What it will be in the end as far as is known; decides whether the reserve may be used.</param>
    public async ValueTask<bool> TryGrowAsync(int capacity, int size)
    {
        _next = await _pool.ReserveAsync(size, capacity);
        return _next.IsGranted;
    }

    /// <summary>The new array has taken the place of the old one.</summary>
    public void Replaced()
    {
        _lease.Release();
        Hold(_next);
        _next = default;
    }

    /// <summary>Gives up what it holds; its reader drops what still comes.</summary>
    public void Drop()
    {
        _lease.Release();
        _next.Release();
        _next = default;
        Hold(default);
    }

    /// <summary>It is complete: its bytes are the caller's now.</summary>
    public MemoryLease Complete()
    {
        var lease = _lease;
        Hold(default);
        Dispose();
        return lease;
    }

    /// <summary>
    /// What its client sent of late, when it holds bytes of the share, and the server has waited for its client for long
    /// who sent little in that time.
    /// </summary>
    /// <param name="share">The share.</param>
    /// <param name="now">The time.</param>
    /// <param name="held">Bytes that it holds.</param>
    public double? SlowBytesPerSecond(MemoryShare share, long now, out long held)
    {
        lock (_gate)
        {
            held = _lease.Bytes;
            if (_lease.Share != share)
            {
                return null;
            }

            if (_isCut)
            {
                return -1;
            }

            // A burst before a long silence does not count.
            var elapsed = _pool.Time.GetElapsedTime(_lastWindowStart, now);
            var isSilent = _pool.Time.GetElapsedTime(_lastArrival, now) >= EdgeLimits.SlowAfter;
            var speed = isSilent ? 0 : (_lastWindowBytes + _windowBytes) / Math.Max(elapsed.TotalSeconds, 0.001);
            return _isWaiting && elapsed >= EdgeLimits.SlowAfter && speed < EdgeLimits.SlowBytesPerSecond ? speed : null;
        }
    }

    /// <summary>Others need its bytes. Does nothing when its client has just sent something.</summary>
    /// <returns>Completes when its bytes are released, which depends on nobody: its reader wakes and gives up.</returns>
    public Task Cut()
    {
        lock (_gate)
        {
            if (_isDisposed || !(_isWaiting || _isCut))
            {
                return Task.CompletedTask;
            }

            if (!_isCut)
            {
                _isCut = true;
                _cut();
            }

            _ended ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _ended.Task;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        Drop();
        _pool.End(this);
        _ended?.SetResult();
    }

    private static async ValueTask<bool> LeaveAsync()
    {
        await Task.Yield();
        return false;
    }

    private void Hold(MemoryLease lease)
    {
        lock (_gate)
        {
            _lease = lease;
        }
    }
}
