namespace EventCluster.Orleans.Membership;

/// <summary>What came back from where a silo should be.</summary>
internal enum Reachability
{
    /// <summary>A connection; the silo lives or hangs.</summary>
    Answers = 0,

    /// <summary>A refusal: the machine is there, and no silo.</summary>
    Refuses = 1,

    /// <summary>Nothing: the network does not lead there, or the machine is gone.</summary>
    Silent = 2,
}
