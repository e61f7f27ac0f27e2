namespace EventCluster.Orleans.Rebalancing;

/// <summary>Compares the backlog silos; there is one, with key 0. It remembers nothing that the next reports do not say again.</summary>
[Alias("ec.rebalance")]
internal interface IRebalanceGrain : IGrainWithIntegerKey
{
    /// <summary>A silo says how many streams it owns, and learns what it should hand over.</summary>
    /// <param name="silo">The silo's address as text.</param>
    /// <param name="owned">Streams that it has in memory.</param>
    /// <param name="active">The addresses of the active backlog silos as this one sees them.</param>
    /// <param name="most">Most streams in one step.</param>
    /// <returns>How many streams go to which silo; no target for none.</returns>
    [Alias("report")]
    Task<(int Count, string? Target)> ReportAsync(string silo, int owned, string[] active, int most);
}
