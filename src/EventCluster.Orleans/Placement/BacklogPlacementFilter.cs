using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace EventCluster.Orleans.Placement;

/// <summary>Leaves only silos whose metadata name the role backlog, and of these the ones that reach the store, if any does.</summary>
internal sealed class BacklogPlacementFilter(SiloRoleMap roles, CutOffSilos cutOff) : IPlacementFilterDirector
{
    /// <inheritdoc />
    public IEnumerable<SiloAddress> Filter(
        PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos)
    {
        var backlog = silos.Where(roles.IsBacklog);
        if (cutOff.IsEmpty)
        {
            return backlog;
        }

        var all = backlog.ToList();
        var reaching = all.FindAll(silo => !cutOff.Contains(silo));
        return reaching.Count > 0 ? reaching : all;
    }
}
