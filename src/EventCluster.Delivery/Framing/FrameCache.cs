using System.Collections.Concurrent;
using EventCluster.Protocol;

namespace EventCluster.Delivery.Framing;

/// <summary>
/// Encoded frames shared by all readers, each chunk encoded once. Bounded by bytes; the oldest chunk that nobody asked for
/// since the last round goes first. The keys name a history and a place in it, and what stands there never changes.
/// </summary>
internal sealed class FrameCache(long maxBytes)
{
    /// <summary>What an entry costs besides its bytes.</summary>
    private const int EntryOverhead = 200;

    private readonly ConcurrentDictionary<Key, Entry> _entries = new();
    private readonly Queue<Key> _order = new();
    private readonly Lock _gate = new();
    private long _bytes;
    private long _encoded;

    /// <summary>Bytes held now.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>How many chunks were encoded so far.</summary>
    public long Encoded => Volatile.Read(ref _encoded);

    /// <summary>The frames around one event.</summary>
    public FrameChunk Get(EventBlock block, int index, SseFraming framing)
    {
        var (start, end) = FrameEncoder.ChunkOf(block, index);
        var key = new Key(block.Incarnation, block.FirstSequence + start, end - start, framing);
        if (!_entries.TryGetValue(key, out var entry))
        {
            entry = _entries.GetOrAdd(key, static _ => new Entry());
        }

        // Blocks are joined for some readers, so the same events may lie at another index than when they were encoded.
        return (entry.Touch() ?? Fill(key, entry, block, start, end)).At(start);
    }

    private FrameChunk Fill(Key key, Entry entry, EventBlock block, int start, int end)
    {
        FrameChunk chunk;
        lock (entry)
        {
            if (entry.Chunk is { } other)
            {
                return other;
            }

            chunk = FrameEncoder.Encode(block, start, end, key.Framing);
            Interlocked.Increment(ref _encoded);
            entry.Chunk = chunk;
        }

        lock (_gate)
        {
            _order.Enqueue(key);
            _bytes += Cost(chunk);
            Evict();
        }

        return chunk;
    }

    private void Evict()
    {
        // Every entry is spared at most once per round, so the loop ends.
        var spared = _order.Count;
        while (_bytes > maxBytes && _order.TryDequeue(out var key))
        {
            var entry = _entries[key];
            if (spared-- > 0 && entry.TakeTouch())
            {
                _order.Enqueue(key);
                continue;
            }

            _entries.TryRemove(key, out _);
            _bytes -= Cost(entry.Chunk!);
        }
    }

    private static int Cost(FrameChunk chunk) => chunk.Bytes + ((chunk.End - chunk.Start) * sizeof(int)) + EntryOverhead;

    private readonly record struct Key(long Incarnation, long FirstSequence, int Count, SseFraming Framing);

    private sealed class Entry
    {
        private volatile FrameChunk? _chunk;
        private volatile bool _touched;

        public FrameChunk? Chunk
        {
            get => _chunk;
            set => _chunk = value;
        }

        public FrameChunk? Touch()
        {
            if (!_touched)
            {
                _touched = true;
            }

            return _chunk;
        }

        public bool TakeTouch()
        {
            var touched = _touched;
            _touched = false;
            return touched;
        }
    }
}
