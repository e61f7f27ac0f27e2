namespace EventCluster.Edge.Live;

/// <summary>
/// Bytes of long answers that wait for their clients, all connections together. A client that reads nothing keeps its
/// batch alive until its connection is cut for slowness; beyond the budget a long answer is refused before it begins.
/// </summary>
internal sealed class AnswerBudget(long maxBytes = EdgeLimits.MaxUnreadAnswerBytes)
{
    private long _taken;

    /// <summary>Bytes taken now.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Takes the bytes, or nothing when they would go beyond the budget.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= maxBytes)
        {
            return true;
        }

        GiveBack(bytes);
        return false;
    }

    /// <summary>Gives taken bytes back.</summary>
    public void GiveBack(long bytes) => Interlocked.Add(ref _taken, -bytes);
}
