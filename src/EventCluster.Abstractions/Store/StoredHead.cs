using EventCluster.Protocol;

namespace EventCluster.Abstractions.Store;

/// <summary>A stream as the store has it.</summary>
/// <param name="Name">The stream.</param>
/// <param name="Fence">The newest ownership number.</param>
/// <param name="Version">Number of commits since creation; at least 1.</param>
/// <param name="LastCommitId">Identity of the newest commit.</param>
/// <param name="Head">Positions, bytes and times.</param>
/// <param name="Incarnations">The stream's histories.</param>
/// <param name="State">The owner's encoded state.</param>
public sealed record StoredHead(
    StreamName Name,
    long Fence,
    long Version,
    UInt128 LastCommitId,
    StreamHead Head,
    IncarnationList Incarnations,
    ReadOnlyMemory<byte> State);
