namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>A stored block and the history it belongs to.</summary>
internal readonly record struct PlacedBlock(BlockRef Ref, long Incarnation);
