namespace EventCluster.Orleans.Rebalancing;

/// <summary>Compares the backlog silos; there is one, with key 0. It remembers nothing that the next reports do not say again.</summary>
[Alias("ec.rebalance")]
internal interface IRebalanceGrain : IGrainWithIntegerKey
{
    /// <summary>A silo says how many streams it owns, and learns what it should hand over.</summary>
    [Alias("report")]
    Task<RebalanceStep> ReportAsync(RebalanceReport report);
}
