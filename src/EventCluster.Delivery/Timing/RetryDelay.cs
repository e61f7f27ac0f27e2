namespace EventCluster.Delivery.Timing;

/// <summary>Growing pauses between attempts while an owner is out of reach: a failover takes moments.</summary>
internal sealed class RetryDelay(TimeProvider time)
{
    private const int MaxAttempts = 8;
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(50);

    private int _attempts;

    /// <summary>It answered.</summary>
    public void Reset() => _attempts = 0;

    /// <summary>Pauses: 50 ms, then twice as long each time. False when that was tried often enough (after about 13 s).</summary>
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (_attempts == MaxAttempts)
        {
            return false;
        }

        await Task.Delay(First * (1 << _attempts++), time, cancellationToken);
        return true;
    }
}
