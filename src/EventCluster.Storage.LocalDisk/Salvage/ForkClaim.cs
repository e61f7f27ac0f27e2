using EventCluster.Protocol;

namespace EventCluster.Storage.LocalDisk.Salvage;

/// <summary>What a fork needs of its source: the source must not purge it.</summary>
/// <param name="Source">The stream that was forked.</param>
/// <param name="Id">Identity of the entry that keeps the reservation beside the source's producers.</param>
/// <param name="Point">Sequence of the fork point: what lies before is needed.</param>
public sealed record ForkClaim(StreamName Source, string Id, long Point);
