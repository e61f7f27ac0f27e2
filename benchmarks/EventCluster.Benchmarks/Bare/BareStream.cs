using System.Text;

namespace EventCluster.Benchmarks.Bare;

/// <summary>The frames of a stream in memory, and who follows them.</summary>
public sealed class BareStream
{
    /// <summary>Positions that a reader can resume at; later ones begin at the tail.</summary>
    private const int KnownPositions = 1_000;

    private readonly Lock _lock = new();
    private readonly List<(BareChunk Chunk, int Place)> _starts = [];
    private BareChunk _last = new();
    private BareReader[] _readers = [];
    private long _count;
    private int _isQueued;

    /// <summary>Who follows it.</summary>
    public BareReader[] Readers => Volatile.Read(ref _readers);

    /// <summary>Takes the right to put it into the pump's queue.</summary>
    public bool TryQueue() => Interlocked.Exchange(ref _isQueued, 1) == 0;

    /// <summary>The pump has it.</summary>
    public void Dequeue() => Interlocked.Exchange(ref _isQueued, 0);

    /// <summary>Adds an event; returns the position after it.</summary>
    public long Add(ReadOnlySpan<byte> payload)
    {
        Span<byte> head = stackalloc byte[40];
        lock (_lock)
        {
            _ = Encoding.UTF8.TryGetBytes($"id: {++_count}\ndata: ", head, out var length);
            var before = (_last, _last.Length);
            _last = _last.Add(head[..length], payload);
            if (_starts.Count < KnownPositions)
            {
                _starts.Add(_last == before._last ? before : (_last, 0));
            }

            return _count;
        }
    }

    /// <summary>The place of an event; the tail for null.</summary>
    public (BareChunk Chunk, int Place) PlaceOf(int? position)
    {
        lock (_lock)
        {
            return position < _starts.Count ? _starts[position.Value] : (_last, _last.Length);
        }
    }

    /// <summary>A single reader is served by whoever appended: cheaper than waking the pump.</summary>
    public void DeliverToSingle()
    {
        if (Readers is [var only])
        {
            only.Write();
        }
    }

    /// <summary>Adds a reader.</summary>
    public void Join(BareReader reader)
    {
        lock (_lock)
        {
            _readers = [.. _readers, reader];
        }
    }

    /// <summary>Removes a reader.</summary>
    public void Leave(BareReader reader)
    {
        lock (_lock)
        {
            _readers = [.. _readers.Where(other => other != reader)];
        }
    }
}
