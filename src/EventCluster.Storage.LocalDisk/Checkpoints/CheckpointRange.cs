using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Checkpoints;

/// <summary>
/// Which part of the journal a checkpoint stands for. It is written while commits go on, so it holds everything before
/// <paramref name="From"/> and, stream by stream, some of what follows up to <paramref name="To"/>.
/// </summary>
/// <param name="From">Where replay begins.</param>
/// <param name="To">Nothing at or behind it is in the checkpoint.</param>
/// <param name="NextNumber">Streams with smaller numbers existed at <paramref name="From"/>, or never will.</param>
internal readonly record struct CheckpointRange(JournalPosition From, JournalPosition To, long NextNumber)
{
    /// <summary>A journal without a checkpoint.</summary>
    public static readonly CheckpointRange None;

    /// <summary>True for commits of a stream that was removed while the checkpoint was being written.</summary>
    public bool MayHaveDropped(long number, JournalPosition position) => number < NextNumber && position < To;
}
