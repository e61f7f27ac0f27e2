namespace EventCluster.Core.Running;

/// <summary>The reads that wait at one stream's tail, bounded per stream and node; guarded by the runner's lock.</summary>
internal sealed class TailWaiters(RunnerContext context)
{
    private HashSet<ParkedRead>? _parked;

    /// <summary>Number of waiting reads.</summary>
    public int Count => _parked?.Count ?? 0;

    /// <summary>Parks one more read; null when a limit is reached.</summary>
    public ParkedRead? TryPark()
    {
        if (Count >= context.Options.MaxParkedReadsPerStream || !context.TryAddParkedRead())
        {
            return null;
        }

        var read = new ParkedRead();
        (_parked ??= []).Add(read);
        return read;
    }

    /// <summary>Removes a read that goes on by itself.</summary>
    public void Remove(ParkedRead read)
    {
        if (_parked?.Remove(read) == true)
        {
            context.RemoveParkedRead();
        }
    }

    /// <summary>Takes all reads out, to be woken outside the lock; null when nobody waits.</summary>
    public IReadOnlyCollection<ParkedRead>? TakeAll()
    {
        if (_parked is not { Count: > 0 } all)
        {
            return null;
        }

        _parked = null;
        for (var i = 0; i < all.Count; i++)
        {
            context.RemoveParkedRead();
        }

        return all;
    }

    /// <summary>Wakes reads that <see cref="TakeAll"/> took.</summary>
    public static void Wake(IReadOnlyCollection<ParkedRead>? parked, WakeReason reason = WakeReason.Changed)
    {
        if (parked is null)
        {
            return;
        }

        foreach (var read in parked)
        {
            read.TrySetResult(reason);
        }
    }
}
