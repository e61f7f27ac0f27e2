using System.Runtime.CompilerServices;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;

namespace EventCluster.Storage.LocalDisk.Index;

/// <summary>One known stream. Guarded by the store's gate.</summary>
internal sealed class StreamEntry
{
    /// <summary>Measured (IndexMemoryTests): the entry with its places in the tables of the index; the name comes on top.</summary>
    private const int EntryBytes = 520;

    /// <summary>Measured there, too: a producer with its place in the table of the stream; its id comes on top.</summary>
    private const int ProducerBytes = 128;

    /// <summary>Measured there, too: the table of a stream's producers before it has grown.</summary>
    private const int ProducerTableBytes = 160;

    private static readonly int IncarnationBytes = Unsafe.SizeOf<IncarnationStart>();

    private Dictionary<string, ProducerEntry>? _producers;
    private long _producerBytes;

    public required long Number { get; init; }

    public required StreamName Name { get; init; }

    /// <summary>The newest ownership number given out.</summary>
    public long Fence { get; set; }

    public long Version { get; set; }

    public UInt128 LastCommitId { get; set; }

    public StreamHead Head { get; set; }

    public required IncarnationList Incarnations { get; set; }

    public ReadOnlyMemory<byte> State { get; set; }

    /// <summary>Purged parts of blocks that are still here.</summary>
    public SequenceRange[] PartialPurges { get; set; } = [];

    public BlockList Blocks { get; } = new();

    /// <summary>True once the stream is gone; a running checkpoint then passes it over.</summary>
    public bool Removed { get; set; }

    public IReadOnlyCollection<ProducerEntry> Producers =>
        _producers is null ? [] : _producers.Values;

    public void UpdateProducers(IReadOnlyList<ProducerEntry> updates, IReadOnlyList<string> removals)
    {
        foreach (var id in removals)
        {
            if (_producers?.Remove(id) == true)
            {
                _producerBytes -= BytesOf(id);
            }
        }

        foreach (var producer in updates)
        {
            _producers ??= new Dictionary<string, ProducerEntry>(StringComparer.Ordinal);
            if (!_producers.ContainsKey(producer.Id))
            {
                _producerBytes += BytesOf(producer.Id);
            }

            _producers[producer.Id] = producer;
        }
    }

    /// <summary>What the index holds of it in memory.</summary>
    public long MemoryBytes =>
        EntryBytes + ((long)sizeof(char) * Name.Value.Length) + State.Length + Blocks.MemoryBytes
        + _producerBytes + (_producerBytes > 0 ? ProducerTableBytes : 0)
        + (IncarnationBytes * Incarnations.Count) + ((long)PartialPurges.Length * Unsafe.SizeOf<SequenceRange>());

    /// <summary>What of it is counted in the share.</summary>
    public long CountedBytes { get; set; }

    private static long BytesOf(string producer) => ProducerBytes + ((long)sizeof(char) * producer.Length);

    public StoredHead ToHead() => new(Name, Fence, Version, LastCommitId, Head, Incarnations, State);
}
