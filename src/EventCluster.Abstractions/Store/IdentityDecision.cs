namespace EventCluster.Abstractions.Store;

/// <summary>
/// Whether data belong to the cluster that they name (CORRECTNESS rule 29). A copy is another cluster until an operator says
/// otherwise, and what says that a node is running is never part of what a copy carries.
/// </summary>
public static class IdentityDecision
{
    /// <summary>Decides a start.</summary>
    /// <param name="recorded">The identity that the data carry; null for none.</param>
    /// <param name="medium">Where the data are now.</param>
    /// <param name="restored">The operator says that the data come from a backup.</param>
    /// <param name="running">Nodes that are proven to use this very store now.</param>
    public static IdentityVerdict Decide(StoreIdentity? recorded, string medium, bool restored, IReadOnlyCollection<string> running)
    {
        ArgumentNullException.ThrowIfNull(running);
        if (restored)
        {
            return running.Count > 0 ? IdentityVerdict.RefuseRunning : IdentityVerdict.Renew;
        }

        return recorded is null ? IdentityVerdict.Draw
            : recorded.Medium == medium ? IdentityVerdict.Keep
            : IdentityVerdict.RefuseCopy;
    }

    /// <summary>One line for the operator of a copy.</summary>
    /// <param name="where">The schema or the table.</param>
    /// <param name="recorded">The identity that the copy carries.</param>
    /// <param name="medium">Where the copy is.</param>
    public static string DescribeCopy(string where, StoreIdentity recorded, string medium)
    {
        ArgumentNullException.ThrowIfNull(recorded);
        return $"{where} is a copy: it carries the identity {recorded.Id} of {recorded.Medium}, and this is {medium}. A copy is another "
            + "cluster: start one node of it once with --restored. Nothing was changed.";
    }

    /// <summary>One line for the operator who restores what is in use.</summary>
    /// <param name="where">The schema or the table.</param>
    /// <param name="running">The nodes that use it.</param>
    public static string DescribeRunning(string where, IReadOnlyCollection<string> running)
    {
        ArgumentNullException.ThrowIfNull(running);
        return $"--restored is refused: {where} is in use by {string.Join(", ", running)}. Stop them first. Nothing was changed.";
    }

    /// <summary>One line for every node of a store that shows less than it had acknowledged.</summary>
    /// <param name="where">The schema or the table.</param>
    public static string DescribeLoss(string where) =>
        $"{where} has lost writes that it had acknowledged, as after a failover of the account to its other region. Stop all nodes, then start one "
        + "of them once with --restored: every stream begins a new history, so that no position stands for two events.";

    /// <summary>One line for a node whose store was exchanged under it.</summary>
    /// <param name="where">The schema or the table.</param>
    /// <param name="expected">The identity that the node serves.</param>
    /// <param name="found">What the store shows now; null for none.</param>
    /// <param name="medium">Where that is; null where the place is not known.</param>
    public static string DescribeExchanged(string where, StoreIdentity expected, string? found, string? medium)
    {
        ArgumentNullException.ThrowIfNull(expected);
        var place = medium is null || medium == expected.Medium ? "" : $" at {medium}";
        return $"{where} shows {(found is null ? "no identity" : $"the identity {found}")}{place}, and this node serves {expected.Id} of "
            + $"{expected.Medium}: the store was restored or exchanged. Start the node again when that was meant.";
    }
}
