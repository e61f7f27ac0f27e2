using EventCluster.Abstractions.Store;

namespace EventCluster.Storage.LocalDisk.Salvage;

/// <summary>What a salvage has to know of the states of streams, which stores keep without looking inside.</summary>
public interface ISalvagedStates
{
    /// <summary>
    /// Where the readers of a stream read, from its earliest position to its tail: what a fork inherits is stored by others, and
    /// only the owner of its state knows by whom.
    /// </summary>
    /// <exception cref="LogDamagedException">The state cannot be read.</exception>
    IReadOnlyList<BlockRange> PlacesOf(StoredHead head);

    /// <summary>The events that a fork has its source keep; null for another stream, and once the fork gave them up.</summary>
    /// <exception cref="LogDamagedException">The state cannot be read.</exception>
    ForkClaim? ClaimOf(StoredHead head);

    /// <summary>Whether a source's state has the reservation of a claim; others are entries beside the producers.</summary>
    bool HasReservation(ReadOnlyMemory<byte> state, ForkClaim claim);

    /// <summary>A state as the salvaged stream has it.</summary>
    /// <param name="state">As found.</param>
    /// <param name="lost">Positions that the stream serves no longer; empty when it serves all.</param>
    /// <param name="hasReservations">Reservations of forks were added beside the producers.</param>
    ReadOnlyMemory<byte> Amend(ReadOnlyMemory<byte> state, SequenceRange lost, bool hasReservations);
}
