using EventCluster.Protocol;

namespace EventCluster.Abstractions.Store;

/// <summary>One atomic change of one stream, sent by its owner.</summary>
public sealed record StreamCommit
{
    /// <summary>The stream.</summary>
    public required StreamName Name { get; init; }

    /// <summary>The sender's ownership, from <see cref="ILogStore.OpenAsync"/>.</summary>
    public required long Fence { get; init; }

    /// <summary>The version that this commit builds on; 0 creates the stream.</summary>
    public required long ExpectedVersion { get; init; }

    /// <summary>Identity of this commit, stored in the head: after an unknown outcome it tells whether this one landed.</summary>
    public required UInt128 CommitId { get; init; }

    /// <summary>The complete head after this commit. Its tail is the old tail plus the events of <see cref="Block"/>.</summary>
    public required StreamHead Head { get; init; }

    /// <summary>The new events, starting at the old tail, or null.</summary>
    public EventBlock? Block { get; init; }

    /// <summary>Producer states that replace the stored ones of the same id.</summary>
    public IReadOnlyList<ProducerEntry> Producers { get; init; } = [];

    /// <summary>Producer ids to forget.</summary>
    public IReadOnlyList<string> RemovedProducers { get; init; } = [];

    /// <summary>The owner's encoded state, opaque to stores, replacing the stored one; null keeps it. Required at creation.</summary>
    public ReadOnlyMemory<byte>? State { get; init; }

    /// <summary>The stream's histories, replacing the stored list; null keeps it. Required at creation.</summary>
    public IncarnationList? Incarnations { get; init; }

    /// <summary>
    /// Sequence ranges whose blocks are no longer needed. A block is dropped once every one of its events lies in purged
    /// ranges (of this commit or earlier ones); the bytes are reclaimed some time later.
    /// </summary>
    public IReadOnlyList<SequenceRange> Purges { get; init; } = [];

    /// <summary>Removes the stream from the catalogue and drops all its blocks; nothing but the fence remains.</summary>
    public bool Remove { get; init; }
}
