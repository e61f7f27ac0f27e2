using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Recovery;

/// <summary>
/// The checkpoints to recover from. Two are kept, so that the loss of the newest file costs time, not data: a segment
/// is dropped only when both cover it.
/// </summary>
/// <param name="LastNumber">
/// Largest number that this store gave a checkpoint; 0 for none. A stray file may have any number, and to count on from
/// the largest there is would begin again at 0.
/// </param>
/// <param name="Newest">Number of the newest whole one; 0 for none.</param>
/// <param name="NewestFrom">Where replay from the newest begins.</param>
/// <param name="PreviousFrom">Where replay from the one before begins.</param>
internal readonly record struct KnownCheckpoints(
    uint LastNumber, uint Newest, JournalPosition NewestFrom, JournalPosition PreviousFrom)
{
    /// <summary>After one more was written.</summary>
    public KnownCheckpoints Then(uint number, JournalPosition from) => new(number, number, from, NewestFrom);

    /// <summary>True if recovery never looks at the journal before the end of this segment again.</summary>
    public bool Cover(uint segment) => segment < NewestFrom.Segment && segment < PreviousFrom.Segment;
}
