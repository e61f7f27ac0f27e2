using EventCluster.Orleans.Placement;

namespace EventCluster.Orleans.Rebalancing;

/// <summary>Keeps the newest report of each silo and gives one step at a time to the silo with the most streams.</summary>
[GrainType("ec.rebalance")]
[BacklogPlacement]
internal sealed class RebalanceGrain : Grain, IRebalanceGrain
{
    private readonly Dictionary<string, int> _owned = [];

    /// <inheritdoc />
    public Task<RebalanceStep> ReportAsync(RebalanceReport report)
    {
        _owned[report.Silo] = report.Owned;
        foreach (var gone in _owned.Keys.Except(report.Active).ToList())
        {
            _owned.Remove(gone);
        }

        // A silo that has not reported yet is not compared: what it owns is not known.
        if (RebalancePlan<string>.Next(_owned, report.Most) is not { } plan || plan.From != report.Silo)
        {
            return Task.FromResult(RebalanceStep.None);
        }

        // Until both report again: the streams are on their way.
        _owned[plan.From] -= plan.Count;
        _owned[plan.To] += plan.Count;
        return Task.FromResult(new RebalanceStep { Count = plan.Count, Target = plan.To });
    }
}
