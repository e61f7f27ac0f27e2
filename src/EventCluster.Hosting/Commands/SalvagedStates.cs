using EventCluster.Abstractions.Store;
using EventCluster.Core;
using EventCluster.Storage.LocalDisk.Salvage;

namespace EventCluster.Hosting.Commands;

/// <summary>The states of streams as their owners write them.</summary>
internal sealed class SalvagedStates : ISalvagedStates
{
    /// <inheritdoc />
    public IReadOnlyList<BlockRange> PlacesOf(StoredHead head) => StoredEvents.PlacesOf(head);

    /// <inheritdoc />
    public ForkClaim? ClaimOf(StoredHead head) =>
        StoredEvents.ClaimOf(head) is var (source, id, point) ? new ForkClaim(source, id, point) : null;

    /// <inheritdoc />
    public bool HasReservation(ReadOnlyMemory<byte> state, ForkClaim claim) => StoredEvents.HasReservation(state, claim.Id);

    /// <inheritdoc />
    public ReadOnlyMemory<byte> Amend(ReadOnlyMemory<byte> state, SequenceRange lost, bool hasReservations) =>
        StoredEvents.Salvaged(state, lost, hasReservations);
}
