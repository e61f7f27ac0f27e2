namespace EventCluster.Core.Running;

/// <summary>What the store says about an instant that an owner would answer from.</summary>
internal enum ConfirmResult
{
    /// <summary>It is the newest.</summary>
    Confirmed,

    /// <summary>This node committed something since: look again.</summary>
    Changed,

    /// <summary>Another owner took over.</summary>
    Moved,
}
