namespace EventCluster.Orleans.Directory;

/// <summary>
/// The producer identity that an edge gives to appends without one, so that its own retries never leave two copies. One id
/// per address of an edge bounds what streams remember: a restarted edge replaces its predecessor's entry by a larger epoch.
/// Each run of appends to a stream gets an epoch of its own, which fences late messages of earlier runs.
/// </summary>
/// <param name="address">What stays the same when the edge restarts: its endpoint; for a client something drawn by chance.</param>
/// <param name="generation">Grows with every start of that address by one or more per second; below 2^33.</param>
public sealed class EdgeIdentity(string address, long generation)
{
    // Epochs of one life start at generation × 2^20: at less than a million runs per second a later life starts above.
    private const int RunBits = 20;

    private long _epoch = generation << RunBits;

    /// <summary>The producer id.</summary>
    public string Id { get; } = $"__edge/{address}";

    /// <summary>The epoch of a new run.</summary>
    public long NextEpoch() => Interlocked.Increment(ref _epoch);

    /// <summary>Names one request of this edge.</summary>
    public string NextRequestId() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Id}/{NextEpoch()}");

    /// <summary>Moves on behind an epoch that a stream knows of this id, after the clock of this machine went back.</summary>
    public void MoveBehind(long epoch)
    {
        var current = Interlocked.Read(ref _epoch);
        while (current < epoch)
        {
            current = Interlocked.CompareExchange(ref _epoch, epoch, current) is var seen && seen == current ? epoch : seen;
        }
    }
}
