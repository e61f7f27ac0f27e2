namespace EventCluster.Storage.LocalDisk.Checkpoints;

/// <summary>First byte of each chunk of a checkpoint. The numbers are on disk.</summary>
internal enum CheckpointChunk : byte
{
    /// <summary>Position, counters.</summary>
    Header = 1,

    /// <summary>Streams, end to end.</summary>
    Streams = 2,

    /// <summary>Where the checkpoint ends, how many streams it has, where deletes lie.</summary>
    Footer = 3,
}
