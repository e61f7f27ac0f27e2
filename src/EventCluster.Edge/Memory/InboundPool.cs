using EventCluster.Abstractions.Memory;

namespace EventCluster.Edge.Memory;

/// <summary>
/// Bytes for what clients send: a share, and a reserve that only small ones may use. When the bytes are all held, those
/// that arrive too slowly are cut in favour of the others, slowest first; if there are none, the one that asks is refused.
/// </summary>
/// <remarks>
/// Only two wait here: one that holds nothing yet, and one that holds bytes of the very share it waits for. Both wait only
/// for bytes of one that was cut, and for at most <see cref="EdgeLimits.CutWait"/>.
/// </remarks>
internal sealed class InboundPool(MemoryShare large, MemoryShare small, TimeProvider time)
{
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

    /// <summary>
    /// Reserves bytes for one that holds nothing yet or <paramref name="held"/>, cutting slow ones if need be.
    /// </summary>
    /// <returns>A lease over the new bytes only; none when they are refused, and then <paramref name="held"/> is untouched.</returns>
    public async ValueTask<MemoryLease> ReserveAsync(int size, long bytes, MemoryLease held = default)
    {
        var lease = TryReserve(size, bytes);
        if (lease.IsGranted)
        {
            return lease;
        }

        foreach (var share in size <= EdgeLimits.SmallBodyBytes ? (MemoryShare[])[small, large] : [large])
        {
            if (!CutSlowest(share, bytes))
            {
                continue;
            }

            var mayWait = !held.IsGranted || held.Share == share;
            if (mayWait
                ? await share.ReserveAsync(bytes, EdgeLimits.CutWait, time, CancellationToken.None)
                : share.TryReserve(bytes))
            {
                return new MemoryLease(share, bytes);
            }
        }

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

    /// <summary>Cuts those that arrive too slowly, slowest first, until they hold as many bytes of the share as are missing.</summary>
    /// <returns>Whether enough are cut, now or before.</returns>
    private bool CutSlowest(MemoryShare share, long bytes)
    {
        var missing = bytes - Math.Max(0, share.Limit - share.Used);
        List<(double Speed, long Held, InboundArrival Arrival)> slow = [];
        lock (_gate)
        {
            var now = time.GetTimestamp();
            foreach (var arrival in _arrivals)
            {
                if (arrival.SlowBytesPerSecond(share, now, out var held) is { } speed)
                {
                    slow.Add((speed, held, arrival));
                }
            }
        }

        slow.Sort(static (left, right) => left.Speed.CompareTo(right.Speed));
        var victims = 0;
        while (victims < slow.Count && missing > 0)
        {
            missing -= slow[victims++].Held;
        }

        if (missing > 0)
        {
            return false;
        }

        for (var i = 0; i < victims; i++)
        {
            slow[i].Arrival.Cut();
        }

        return true;
    }
}
