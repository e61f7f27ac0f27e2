using EventCluster.Abstractions.Memory;

namespace EventCluster.Edge.Memory;

/// <summary>
/// Bytes for what clients send: a share, and a reserve that only small ones may use. When the bytes are all held, those
/// that arrive too slowly are cut in favour of the others, slowest first; if there are none, the one that asks is refused.
/// </summary>
/// <remarks>
/// Nobody waits for a share here, whatever it holds. The one that asks waits for the ends of those that it cut, which wait
/// for nothing themselves, and for at most <see cref="EdgeLimits.CutWait"/>; so no circle of waits can arise.
/// </remarks>
internal sealed class InboundPool(MemoryShare large, MemoryShare small, TimeProvider time)
{
    /// <summary>How often others are cut for one that asks.</summary>
    private const int MaxAttempts = 3;

    /// <summary>Held for nothing but the list: an arrival's reader takes it under its own lock.</summary>
    private readonly Lock _gate = new();
    private readonly LinkedList<InboundArrival> _arrivals = [];

    public TimeProvider Time => time;

    /// <summary>Bodies or messages that are not here completely.</summary>
    public int Unfinished
    {
        get
        {
            lock (_gate)
            {
                return _arrivals.Count;
            }
        }
    }

    /// <summary>How many of them wait for their clients now, and what those have sent.</summary>
    public (int Count, long Bytes) Waiting
    {
        get
        {
            lock (_gate)
            {
                var waiting = _arrivals.Where(static arrival => arrival.IsWaiting).ToList();
                return (waiting.Count, waiting.Sum(static arrival => arrival.Total));
            }
        }
    }

    /// <summary>Reserves bytes for one that is here completely, at once.</summary>
    /// <param name="size">Bytes of the body or message; decides whether the reserve may be used.</param>
    /// <param name="bytes">Bytes to reserve.</param>
    public MemoryLease TryReserve(int size, long bytes)
    {
        if (size <= EdgeLimits.SmallBodyBytes && small.TryReserve(bytes))
        {
            return new MemoryLease(small, bytes);
        }

        return large.TryReserve(bytes) ? new MemoryLease(large, bytes) : default;
    }

    /// <summary>Reserves bytes for one that is not here completely, cutting slow ones if need be.</summary>
    /// <returns>A lease over the bytes; none when they are refused.</returns>
    public async ValueTask<MemoryLease> ReserveAsync(int size, long bytes)
    {
        var lease = TryReserve(size, bytes);
        if (lease.IsGranted)
        {
            return lease;
        }

        // Another one may be quicker; then the next slow ones are cut.
        for (var attempt = 0; attempt < MaxAttempts && !lease.IsGranted && await CutAsync(size, bytes); attempt++)
        {
            lease = TryReserve(size, bytes);
        }

        return lease;
    }

    /// <summary>Makes a lease larger, cutting slow ones if need be.</summary>
    /// <returns>The larger lease; none when it is refused, and then the old one is released.</returns>
    public async ValueTask<MemoryLease> ExtendAsync(MemoryLease lease, int size, long bytes)
    {
        for (var attempt = 0; attempt < MaxAttempts && await CutAsync(size, bytes); attempt++)
        {
            if (TryExtend(ref lease, size, bytes))
            {
                return lease;
            }
        }

        lease.Release();
        return default;
    }

    /// <summary>Makes a lease larger, at once; if its share is full, by moving all of it to the other one.</summary>
    public bool TryExtend(ref MemoryLease lease, int size, long bytes)
    {
        if (lease.Share!.TryReserve(bytes))
        {
            lease = lease with { Bytes = lease.Bytes + bytes };
            return true;
        }

        var moved = TryReserve(size, lease.Bytes + bytes);
        if (moved.IsGranted)
        {
            lease.Release();
            lease = moved;
        }

        return moved.IsGranted;
    }

    /// <summary>One begins to arrive; dispose it when it is complete or given up.</summary>
    /// <param name="cut">Ends the wait for its client; called at most once, by any thread.</param>
    public InboundArrival Begin(Action cut)
    {
        var arrival = new InboundArrival(this, cut);
        lock (_gate)
        {
            _arrivals.AddLast(arrival.Node);
        }

        return arrival;
    }

    public void End(InboundArrival arrival)
    {
        lock (_gate)
        {
            _arrivals.Remove(arrival.Node);
        }
    }

    /// <summary>Cuts slow ones and waits for their ends; false when there are none, or they take too long.</summary>
    private async ValueTask<bool> CutAsync(int size, long bytes)
    {
        var victims = Cut(size, bytes);
        try
        {
            await Task.WhenAll(victims).WaitAsync(EdgeLimits.CutWait, time);
            return victims.Count > 0;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Cuts what is slow, in the reserve if that may be used, else in the large share.</summary>
    private List<Task> Cut(int size, long bytes) =>
        size <= EdgeLimits.SmallBodyBytes && CutSlowest(small, bytes) is { Count: > 0 } victims
            ? victims : CutSlowest(large, bytes);

    /// <summary>Cuts those that arrive too slowly, slowest first, until they hold as many bytes of the share as are missing.</summary>
    /// <returns>Their ends; none when all of them together would not be enough.</returns>
    private List<Task> CutSlowest(MemoryShare share, long bytes)
    {
        var missing = bytes - Math.Max(0, share.Limit - share.Used);
        InboundArrival[] arrivals;
        lock (_gate)
        {
            arrivals = [.. _arrivals];
        }

        List<(double Speed, long Held, InboundArrival Arrival)> slow = [];
        var now = time.GetTimestamp();
        foreach (var arrival in arrivals)
        {
            if (arrival.SlowBytesPerSecond(share, now, out var held) is { } speed)
            {
                slow.Add((speed, held, arrival));
            }
        }

        slow.Sort(static (left, right) => left.Speed.CompareTo(right.Speed));
        var victims = 0;
        while (victims < slow.Count && missing > 0)
        {
            missing -= slow[victims++].Held;
        }

        return missing > 0 ? [] : slow.Take(victims).Select(static victim => victim.Arrival.Cut()).ToList();
    }
}
