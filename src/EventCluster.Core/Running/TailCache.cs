using EventCluster.Core.Blocks;
using EventCluster.Protocol;

namespace EventCluster.Core.Running;

/// <summary>
/// The newest blocks of a stream, consecutive up to the tail, the very bytes that were stored. A ring bounded by
/// bytes per stream and per node; guarded by the runner's lock.
/// </summary>
internal sealed class TailCache(RunnerContext context)
{
    /// <summary>What a block costs beside its bytes.</summary>
    private const int BytesPerBlock = 128;

    private EventBlock[] _ring = [];
    private int _start;
    private int _count;
    private long _bytes;

    /// <summary>Sequence of the first event in the cache, or null when it is empty.</summary>
    public long? FirstSequence => _count == 0 ? null : At(0).FirstSequence;

    /// <summary>Adds the block that was just committed at the tail.</summary>
    public void Add(EventBlock block)
    {
        if (_count > 0 && At(_count - 1).EndSequence != block.FirstSequence)
        {
            throw new InvalidOperationException(
                $"A block at {block.FirstSequence} does not continue the cached events up to {At(_count - 1).EndSequence}.");
        }

        var size = block.Encoded.Length + BytesPerBlock;
        var bound = context.TailCachesAreFull ? 0 : context.Options.TailCacheBytesPerStream;
        while (_count > 0 && _bytes + size > bound)
        {
            RemoveOldest();
        }

        if (_count == _ring.Length)
        {
            Grow();
        }

        _ring[(_start + _count) % _ring.Length] = block;
        _count++;
        Account(size);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Account(-_bytes);
        (_ring, _start, _count) = ([], 0, 0);
    }

    /// <summary>Takes events from a sequence that the cache holds on.</summary>
    public void Collect(long from, SliceBuilder builder)
    {
        var i = IndexOf(from);
        var start = (int)(from - At(i).FirstSequence);
        while (i < _count && builder.Add(At(i), start, At(i).Count))
        {
            i++;
            start = 0;
        }
    }

    private EventBlock At(int index) => _ring[(_start + index) % _ring.Length];

    private int IndexOf(long sequence)
    {
        var (low, high) = (0, _count - 1);
        if (At(high).FirstSequence <= sequence)
        {
            // Whoever follows the tail wants the newest block, and no other one is touched for it.
            return high;
        }

        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = At(middle).EndSequence > sequence ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private void RemoveOldest()
    {
        Account(-(At(0).Encoded.Length + BytesPerBlock));
        _ring[_start] = default;
        _start = (_start + 1) % _ring.Length;
        _count--;
    }

    private void Grow()
    {
        var larger = new EventBlock[Math.Max(4, _ring.Length * 2)];
        for (var i = 0; i < _count; i++)
        {
            larger[i] = At(i);
        }

        (_ring, _start) = (larger, 0);
    }

    private void Account(long bytes)
    {
        _bytes += bytes;
        context.AddTailCacheBytes(bytes);
    }
}
