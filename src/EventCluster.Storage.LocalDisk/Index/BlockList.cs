using System.Runtime.CompilerServices;
using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Index;

/// <summary>The stored blocks of one stream, ascending by sequence, in one array that trims cheaply from the front.</summary>
internal sealed class BlockList
{
    private BlockRef[] _items = [];
    private int _start;
    private (long First, long Incarnation)[] _runs = [];

    /// <summary>Bytes of its arrays.</summary>
    public long MemoryBytes => ((long)_items.Length * Unsafe.SizeOf<BlockRef>()) + (_runs.Length * 2L * sizeof(long));

    public int Count { get; private set; }

    public ReadOnlySpan<BlockRef> Items => _items.AsSpan(_start, Count);

    /// <summary>Makes room for this many blocks in an empty list, so that loading does not copy.</summary>
    public void Reserve(int count) => _items = count == 0 ? [] : new BlockRef[count];

    /// <summary>Appends a block behind all others.</summary>
    /// <exception cref="InvalidDataException">It overlaps the last one.</exception>
    public void Add(PlacedBlock block)
    {
        if (Count > 0 && block.Ref.FirstSequence < Items[^1].EndSequence)
        {
            throw new InvalidDataException("A block does not begin behind the last one of its stream.");
        }

        if (_start + Count == _items.Length)
        {
            Grow();
        }

        _items[_start + Count++] = block.Ref;
        if (_runs.Length == 0 || _runs[^1].Incarnation != block.Incarnation)
        {
            _runs = [.. _runs, (block.Ref.FirstSequence, block.Incarnation)];
        }
    }

    /// <summary>The history of the block at an index.</summary>
    public long IncarnationOf(in BlockRef block)
    {
        var i = _runs.Length - 1;
        while (i > 0 && _runs[i].First > block.FirstSequence)
        {
            i--;
        }

        return _runs[i].Incarnation;
    }

    /// <summary>Index of the first block that ends behind a sequence; <see cref="Count"/> if none does.</summary>
    public int FirstEndingAfter(long sequence)
    {
        var (low, high) = (0, Count);
        var items = Items;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (items[middle].EndSequence > sequence)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    /// <summary>True if this very block, at this place, is in the list.</summary>
    public bool Has(in BlockRef block)
    {
        var index = FirstEndingAfter(block.FirstSequence);
        return index < Count && Items[index] == block;
    }

    /// <summary>The block that starts exactly at a sequence, if any, may be moved.</summary>
    public bool TryMove(long firstSequence, JournalPosition old, JournalPosition now)
    {
        var index = FirstEndingAfter(firstSequence);
        if (index == Count || Items[index].FirstSequence != firstSequence || Items[index].Location != old)
        {
            return false;
        }

        _items[_start + index] = Items[index].MovedTo(now);
        return true;
    }

    /// <summary>Drops every block that lies wholly in one of the merged ranges.</summary>
    public void Purge(IReadOnlyList<SequenceRange> merged, Action<BlockRef> dropped)
    {
        foreach (var range in merged)
        {
            var from = FirstEndingAfter(range.From);
            if (from < Count && Items[from].FirstSequence < range.From)
            {
                from++;
            }

            var to = from;
            while (to < Count && Items[to].EndSequence <= range.To)
            {
                dropped(Items[to++]);
            }

            Remove(from, to);
        }
    }

    /// <summary>The parts of merged ranges that lie inside blocks still here: they count when the rest is purged later.</summary>
    public SequenceRange[] PartsInsideBlocks(IReadOnlyList<SequenceRange> merged)
    {
        var parts = new List<SequenceRange>();
        foreach (var range in merged)
        {
            for (var i = FirstEndingAfter(range.From); i < Count && Items[i].FirstSequence < range.To; i++)
            {
                parts.Add(new SequenceRange(
                    Math.Max(range.From, Items[i].FirstSequence), Math.Min(range.To, Items[i].EndSequence)));
            }
        }

        return [.. parts];
    }

    private void Remove(int from, int to)
    {
        if (from == 0)
        {
            _start += to;
        }
        else
        {
            Array.Copy(_items, _start + to, _items, _start + from, Count - to);
        }

        Count -= to - from;
        if (Count == 0)
        {
            (_items, _start) = ([], 0);
        }
        else if (_items.Length > 64 && Count < _items.Length / 2)
        {
            (_items, _start) = (Items.ToArray(), 0);
        }
    }

    private void Grow()
    {
        if (_start > _items.Length / 4)
        {
            Array.Copy(_items, _start, _items, 0, Count);
            _start = 0;
            return;
        }

        // Doubling would waste up to half of an index of millions of blocks; small streams hold a handful.
        var grown = new BlockRef[_items.Length < 64 ? Math.Max(2, _items.Length * 2) : _items.Length + (_items.Length / 4)];
        Items.CopyTo(grown);
        (_items, _start) = (grown, 0);
    }
}
