namespace EventCluster.Exhaust;

/// <summary>What became of the honest requests that began in one span of time.</summary>
internal sealed class HonestTally
{
    private long _asked;
    private long _served;
    private string? _lastFault;

    public long Asked => Interlocked.Read(ref _asked);

    public long Served => Interlocked.Read(ref _served);

    /// <summary>The last answer that was not what it should be.</summary>
    public string? LastFault => Volatile.Read(ref _lastFault);

    /// <summary>Adds what another one counted.</summary>
    public void Add(HonestTally other)
    {
        Interlocked.Add(ref _asked, other.Asked);
        Interlocked.Add(ref _served, other.Served);
        _lastFault = other.LastFault ?? _lastFault;
    }

    public void Ask() => Interlocked.Increment(ref _asked);

    public void Serve() => Interlocked.Increment(ref _served);

    /// <summary>One that was served had a wrong answer.</summary>
    public void Spoil() => Interlocked.Decrement(ref _served);

    /// <summary>The run ended before the answer.</summary>
    public void Withdraw() => Interlocked.Decrement(ref _asked);

    public void Fail(string fault) => Volatile.Write(ref _lastFault, fault);
}
