using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace EventCluster.Orleans.Placement;

/// <summary>Leaves only silos whose metadata name the role backlog.</summary>
internal sealed class BacklogPlacementFilter(SiloRoleMap roles) : IPlacementFilterDirector
{
    /// <inheritdoc />
    public IEnumerable<SiloAddress> Filter(
        PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos) =>
        silos.Where(roles.IsBacklog);
}
