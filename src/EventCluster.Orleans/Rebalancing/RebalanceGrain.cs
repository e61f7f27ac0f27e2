using EventCluster.Orleans.Placement;

namespace EventCluster.Orleans.Rebalancing;

/// <summary>Keeps the newest report of each silo and gives one step at a time to the silo with the most streams.</summary>
[GrainType("ec.rebalance")]
[BacklogPlacement]
internal sealed class RebalanceGrain : Grain, IRebalanceGrain
{
    private readonly Dictionary<string, int> _owned = [];

    /// <inheritdoc />
    public Task<(int Count, string? Target)> ReportAsync(string silo, int owned, string[] active, int most)
    {
        _owned[silo] = owned;
        foreach (var gone in _owned.Keys.Except(active).ToList())
        {
            _owned.Remove(gone);
        }

        // A silo that has not reported yet is not compared: what it owns is not known.
        if (RebalancePlan<string>.Next(_owned, most) is not { } plan || plan.From != silo)
        {
            return Task.FromResult((0, (string?)null));
        }

        // Until both report again: the streams are on their way.
        _owned[plan.From] -= plan.Count;
        _owned[plan.To] += plan.Count;
        return Task.FromResult((plan.Count, (string?)plan.To));
    }
}
