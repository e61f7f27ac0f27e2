using EventCluster.Abstractions.Memory;

namespace EventCluster.Edge.Tests.Memory;

/// <summary>Holds all that a share has left, until it is disposed.</summary>
internal sealed class FullShare : IDisposable
{
    private readonly MemoryShare _share;
    private long _bytes;

    public FullShare(MemoryShare share)
    {
        _share = share;
        for (var rest = share.Limit - share.Used; rest > 0; rest = share.Limit - share.Used)
        {
            _bytes += share.TryReserve(rest) ? rest : 0;
        }
    }

    /// <summary>What it holds.</summary>
    public long Bytes => _bytes;

    public void Dispose() => _share.Release(Interlocked.Exchange(ref _bytes, 0));
}
