namespace EventCluster.Edge.SignalR;

/// <summary>
/// Bounds the connections that were negotiated and may not have begun: SignalR keeps each of them for a while, and asking
/// costs a client nothing.
/// </summary>
internal sealed class NegotiationGate(TimeProvider time, int max)
{
    private readonly Queue<long> _recent = new();
    private readonly Lock _gate = new();

    /// <summary>Admits one, unless there were too many in the time that SignalR keeps them.</summary>
    public bool TryEnter()
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            while (_recent.TryPeek(out var oldest) && time.GetElapsedTime(oldest, now) >= EdgeLimits.HubConnectTimeout)
            {
                _recent.Dequeue();
            }

            if (_recent.Count >= max)
            {
                return false;
            }

            _recent.Enqueue(now);
            return true;
        }
    }
}
