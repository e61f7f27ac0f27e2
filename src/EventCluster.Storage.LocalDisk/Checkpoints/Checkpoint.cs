using EventCluster.Storage.LocalDisk.Index;

namespace EventCluster.Storage.LocalDisk.Checkpoints;

/// <summary>A checkpoint that was read.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Range">What it stands for.</param>
/// <param name="StartNumber">Starts of the store before it.</param>
/// <param name="Index">The index as it was.</param>
internal sealed record Checkpoint(uint Number, CheckpointRange Range, long StartNumber, StreamIndex Index);
