using Orleans.Placement;

namespace EventCluster.Orleans.Placement;

/// <summary>Grains of this class live only on silos with the role <see cref="SiloRoles.Backlog"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class BacklogPlacementAttribute() : PlacementFilterAttribute(new BacklogPlacementStrategy());
