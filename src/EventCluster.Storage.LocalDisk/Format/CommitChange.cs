using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;

namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>A flushed commit as the index takes it, from memory or from the journal.</summary>
internal sealed class CommitChange
{
    /// <summary>Store-local number of the stream; never used twice.</summary>
    public required long Number { get; init; }

    /// <summary>The name, in the record that creates the stream only.</summary>
    public StreamName? Name { get; init; }

    public required long Fence { get; init; }

    /// <summary>The version after this commit.</summary>
    public required long Version { get; init; }

    public required UInt128 CommitId { get; init; }

    public required StreamHead Head { get; init; }

    public IncarnationList? Incarnations { get; init; }

    public ReadOnlyMemory<byte>? State { get; init; }

    public IReadOnlyList<ProducerEntry> Producers { get; set; } = [];

    public IReadOnlyList<string> RemovedProducers { get; init; } = [];

    public IReadOnlyList<SequenceRange> Purges { get; init; } = [];

    public bool Remove { get; init; }

    public PlacedBlock? Block { get; set; }

    /// <summary>Where the record begins.</summary>
    public JournalPosition Position { get; set; }
}
