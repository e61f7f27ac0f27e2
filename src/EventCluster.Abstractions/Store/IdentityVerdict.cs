namespace EventCluster.Abstractions.Store;

/// <summary>What a start may do with the data it finds.</summary>
public enum IdentityVerdict
{
    /// <summary>The data have no identity yet: draw one.</summary>
    Draw,

    /// <summary>The data are where their identity was drawn: serve.</summary>
    Keep,

    /// <summary>The operator says that they come from a backup, and no node of this store is running: draw a new identity.</summary>
    Renew,

    /// <summary>The data carry the identity of another place: refuse.</summary>
    RefuseCopy,

    /// <summary>The operator says that they come from a backup, but nodes of this very store are running: refuse.</summary>
    RefuseRunning,
}
