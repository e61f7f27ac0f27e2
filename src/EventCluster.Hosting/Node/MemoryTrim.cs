namespace EventCluster.Hosting.Node;

/// <summary>What to do about memory that the collector keeps.</summary>
internal enum MemoryTrim
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A collection in the background, which tells how much is live and stops nobody.</summary>
    Look = 1,

    /// <summary>A collection that gives free memory back; everything stops meanwhile.</summary>
    GiveBack = 2,
}
