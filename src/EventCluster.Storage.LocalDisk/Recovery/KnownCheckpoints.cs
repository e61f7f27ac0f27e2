using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Recovery;

/// <summary>
/// The checkpoints to recover from. Two are kept, so that the loss of the newest file costs time, not data: a segment
/// is dropped only when both cover it.
/// </summary>
/// <param name="NewestNumber">Number of the newest; 0 for none.</param>
/// <param name="Newest">Where replay from the newest begins.</param>
/// <param name="Previous">Where replay from the one before begins.</param>
internal readonly record struct KnownCheckpoints(uint NewestNumber, JournalPosition Newest, JournalPosition Previous)
{
    public KnownCheckpoints Then(uint number, JournalPosition from) => new(number, from, Newest);
}
