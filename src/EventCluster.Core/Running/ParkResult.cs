namespace EventCluster.Core.Running;

/// <summary>What became of a read that wants to wait.</summary>
internal enum ParkResult
{
    /// <summary>It waits.</summary>
    Parked,

    /// <summary>Something was committed since, or the owner left: look again.</summary>
    Changed,

    /// <summary>A limit of waiting reads is reached.</summary>
    Full,

    /// <summary>The directory is stopping.</summary>
    Stopping,
}
