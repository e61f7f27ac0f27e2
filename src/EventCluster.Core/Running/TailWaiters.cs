namespace EventCluster.Core.Running;

/// <summary>The reads that wait at one stream's tail, bounded per stream and node; guarded by the runner's lock.</summary>
internal sealed class TailWaiters(RunnerContext context)
{
    private ParkedRead? _first;

    /// <summary>One that may wait again: most streams are followed by one feed, which always waits.</summary>
    private ParkedRead? _spare;

    /// <summary>Number of waiting reads.</summary>
    public int Count { get; private set; }

    /// <summary>Parks one more read; null when a limit is reached.</summary>
    public ParkedRead? TryPark()
    {
        if (Count >= context.Options.MaxParkedReadsPerStream || !context.TryAddParkedRead())
        {
            return null;
        }

        var read = Interlocked.Exchange(ref _spare, null) ?? new ParkedRead(context.Clock.Time);
        read.Begin();
        (read.IsParked, read.Next) = (true, _first);
        if (_first is not null)
        {
            _first.Previous = read;
        }

        _first = read;
        Count++;
        return read;
    }

    /// <summary>Removes a read that goes on by itself.</summary>
    public void Remove(ParkedRead read)
    {
        if (!read.IsParked)
        {
            return;
        }

        if (read.Previous is { } previous)
        {
            previous.Next = read.Next;
        }
        else
        {
            _first = read.Next;
        }

        if (read.Next is { } next)
        {
            next.Previous = read.Previous;
        }

        (read.IsParked, read.Next, read.Previous) = (false, null, null);
        Count--;
        context.RemoveParkedRead();
    }

    /// <summary>Takes all reads out, to be woken outside the lock; the first of them, or null when nobody waits.</summary>
    public ParkedRead? TakeAll()
    {
        var all = _first;
        for (var read = all; read is not null; read = read.Next)
        {
            (read.IsParked, read.Previous) = (false, null);
            context.RemoveParkedRead();
        }

        (_first, Count) = (null, 0);
        return all;
    }

    /// <summary>Wakes reads that <see cref="TakeAll"/> took.</summary>
    public static void Wake(ParkedRead? parked, WakeReason reason = WakeReason.Changed)
    {
        while (parked is not null)
        {
            // Once woken it may be parked again, with other neighbours.
            var next = parked.Next;
            parked.Next = null;
            parked.Wake(reason);
            parked = next;
        }
    }

    /// <summary>Keeps a read for the next wait. Only one whose wait was ended by <see cref="Wake"/>, which has let go of it.</summary>
    public void Reuse(ParkedRead read) => Interlocked.Exchange(ref _spare, read)?.Retire();
}
