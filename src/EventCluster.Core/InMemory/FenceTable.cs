using EventCluster.Protocol;

namespace EventCluster.Core.InMemory;

/// <summary>
/// The newest fence of names that have no stream: opened but not created, or deleted. Bounded: what is forgotten counts
/// as fenced by somebody newer.
/// </summary>
internal sealed class FenceTable(int capacity)
{
    private readonly Dictionary<StreamName, long> _newest = [];
    private readonly Queue<(StreamName Name, long Fence)> _byAge = new();
    private long _forgottenUpTo;

    /// <summary>Remembers the newest fence of a name without a stream.</summary>
    public void Set(StreamName name, long fence)
    {
        _newest[name] = fence;
        _byAge.Enqueue((name, fence));
        while (_byAge.Count > capacity)
        {
            var (oldest, itsFence) = _byAge.Dequeue();
            if (_newest.TryGetValue(oldest, out var newest) && newest == itsFence)
            {
                _newest.Remove(oldest);
                _forgottenUpTo = Math.Max(_forgottenUpTo, itsFence);
            }
        }
    }

    /// <summary>True when a creating commit under this fence comes from the newest owner.</summary>
    public bool IsNewest(StreamName name, long fence) =>
        _newest.TryGetValue(name, out var newest) ? newest == fence : fence > _forgottenUpTo;

    /// <summary>The stream exists now and carries its own fence.</summary>
    public void Forget(StreamName name) => _newest.Remove(name);
}
