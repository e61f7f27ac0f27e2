using EventCluster.Protocol;

namespace EventCluster.Delivery.Reading;

/// <summary>
/// Blocks by history and first sequence, bounded by encoded bytes; the oldest one that nobody asked for since the last
/// round goes first. Guarded by its owner's lock.
/// </summary>
/// <remarks>A history's number is unique in the whole store, so it stands for the storing stream too.</remarks>
internal sealed class BlockIndex(long maxBytes)
{
    /// <summary>What an entry costs besides its bytes.</summary>
    private const int EntryOverhead = 150;

    private readonly Dictionary<long, SortedList<long, Entry>> _histories = [];
    private readonly Queue<Entry> _order = new();

    /// <summary>Bytes held.</summary>
    public long Bytes { get; private set; }

    /// <summary>The block that holds the event after a sequence; null when it is not here.</summary>
    public EventBlock? Find(long incarnation, long sequence)
    {
        if (!_histories.TryGetValue(incarnation, out var blocks))
        {
            return null;
        }

        var (low, high) = (0, blocks.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (blocks.GetKeyAtIndex(middle) <= sequence)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        if (low == 0 || blocks.GetValueAtIndex(low - 1) is not { } entry || entry.Block.EndSequence <= sequence)
        {
            return null;
        }

        entry.IsTouched = true;
        return entry.Block;
    }

    /// <summary>Adds a block if it is not there, and makes room for it.</summary>
    public void Add(EventBlock block)
    {
        if (!_histories.TryGetValue(block.Incarnation, out var blocks))
        {
            _histories.Add(block.Incarnation, blocks = []);
        }

        var entry = new Entry(block);
        if (!blocks.TryAdd(block.FirstSequence, entry))
        {
            return;
        }

        _order.Enqueue(entry);
        Bytes += Cost(block);
        Evict();
    }

    private void Evict()
    {
        // Every entry is spared at most once per round, so the loop ends.
        var spared = _order.Count;
        while (Bytes > maxBytes && _order.TryDequeue(out var entry))
        {
            if (spared-- > 0 && entry.IsTouched)
            {
                entry.IsTouched = false;
                _order.Enqueue(entry);
                continue;
            }

            var blocks = _histories[entry.Block.Incarnation];
            blocks.Remove(entry.Block.FirstSequence);
            if (blocks.Count == 0)
            {
                _histories.Remove(entry.Block.Incarnation);
            }

            Bytes -= Cost(entry.Block);
        }
    }

    private static long Cost(EventBlock block) => block.Encoded.Length + EntryOverhead;

    private sealed class Entry(EventBlock block)
    {
        public EventBlock Block => block;

        public bool IsTouched { get; set; }
    }
}
