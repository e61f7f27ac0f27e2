using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;

namespace EventCluster.Storage.LocalDisk.Index;

/// <summary>One known stream. Guarded by the store's gate.</summary>
internal sealed class StreamEntry
{
    private Dictionary<string, ProducerEntry>? _producers;

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
            _producers?.Remove(id);
        }

        foreach (var producer in updates)
        {
            _producers ??= new Dictionary<string, ProducerEntry>(StringComparer.Ordinal);
            _producers[producer.Id] = producer;
        }
    }

    public StoredHead ToHead() => new(Name, Fence, Version, LastCommitId, Head, Incarnations, State);
}
