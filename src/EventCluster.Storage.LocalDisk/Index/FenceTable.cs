using EventCluster.Protocol;

namespace EventCluster.Storage.LocalDisk.Index;

/// <summary>
/// Ownership numbers: the number of this start in the high half, a counter in the low one, so that they grow across
/// restarts though opening a stream writes nothing. Guarded by the store's gate.
/// </summary>
internal sealed class FenceTable(long startNumber)
{
    /// <summary>Most names without a stream whose newest fence is remembered; beyond it the oldest owners must open again.</summary>
    public const int MaxAbsentNames = 10_000;

    private readonly Dictionary<StreamName, long> _absent = [];
    private readonly Queue<(StreamName Name, long Fence)> _order = new();
    private long _last = startNumber << 32;
    private long _forgotten;

    public long Next() => ++_last;

    /// <summary>Remembers the newest fence of a name that has no stream.</summary>
    public void SetAbsent(StreamName name, long fence)
    {
        _absent[name] = fence;
        _order.Enqueue((name, fence));
        while (_order.Count > MaxAbsentNames)
        {
            var (oldest, old) = _order.Dequeue();
            if (_absent.GetValueOrDefault(oldest) == old)
            {
                _absent.Remove(oldest);
                _forgotten = Math.Max(_forgotten, old);
            }
        }
    }

    /// <summary>True if a commit under this fence may create the stream.</summary>
    public bool IsNewestForAbsent(StreamName name, long fence) =>
        _absent.TryGetValue(name, out var newest) ? fence == newest : fence > _forgotten && fence <= _last;
}
