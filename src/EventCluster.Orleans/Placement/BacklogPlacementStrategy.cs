using Orleans.Placement;

namespace EventCluster.Orleans.Placement;

/// <summary>The name of <see cref="BacklogPlacementFilter"/> in the properties of a grain class.</summary>
internal sealed class BacklogPlacementStrategy() : PlacementFilterStrategy(order: 0);
