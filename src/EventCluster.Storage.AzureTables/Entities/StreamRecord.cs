using Azure;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.AzureTables.Keys;

namespace EventCluster.Storage.AzureTables.Entities;

/// <summary>
/// The head entity of a name: a stream, or only the fence of a name without one. Every change of the name moves its ETag.
/// </summary>
internal sealed record StreamRecord
{
    public required StreamName Name { get; init; }

    /// <summary>Condition of the next change.</summary>
    public required ETag ETag { get; init; }

    /// <summary>When the service last changed it.</summary>
    public DateTimeOffset ChangedAt { get; init; }

    /// <summary>The newest ownership number.</summary>
    public required long Fence { get; init; }

    /// <summary>Number of landed commits of this name, through removals.</summary>
    public long Step { get; init; }

    /// <summary>Set by an opener that lost against a busy owner: that owner must stop.</summary>
    public long Claim { get; init; }

    /// <summary>Commits since creation; 0 when there is no stream.</summary>
    public long Version { get; init; }

    /// <summary>Identity of the newest commit, also of one that removed the stream.</summary>
    public UInt128 CommitId { get; init; }

    public StreamHead Head { get; init; }

    /// <summary>Null when there is no stream.</summary>
    public IncarnationList? Incarnations { get; init; }

    public PurgedRanges Purged { get; init; } = PurgedRanges.None;

    /// <summary>The creating commit; its producers and its entry in the catalogue carry it.</summary>
    public Stamp Birth { get; init; }

    /// <summary>The commit that set the due time; the entry in the due index carries it.</summary>
    public Stamp Due { get; init; }

    /// <summary>The owner's state when it is kept in the head.</summary>
    public ReadOnlyMemory<byte> State { get; init; }

    /// <summary>The commit whose parts hold the state; step 0 when it is in the head.</summary>
    public Stamp SpilledBy { get; init; }

    /// <summary>Bytes of the spilled state.</summary>
    public int SpilledBytes { get; init; }

    /// <summary>True when there is a stream.</summary>
    public bool Exists => Version > 0;

    /// <summary>The stamp of a commit that builds on this.</summary>
    public Stamp Next => new(Fence, Step + 1);

    /// <summary>True for a block that readers may see: of one of the histories, within its bounds, not purged.</summary>
    public bool Shows(long incarnation, long first, long end) =>
        Exists && Incarnations!.HolderOf(first) == incarnation && !Purged.Covers(first, end);
}
