namespace EventCluster.Failover.Partitions;

/// <summary>Whose silos may be voted out by a partition.</summary>
internal enum PartitionEnds
{
    /// <summary>Nobody's: all silos reach each other.</summary>
    Nobody,

    /// <summary>The one that is cut off alone.</summary>
    TheOwner,

    /// <summary>Those of one side of an even split, whichever it is.</summary>
    OneSide,
}
