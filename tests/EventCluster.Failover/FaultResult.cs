namespace EventCluster.Failover;

/// <summary>What one fault of one run cost.</summary>
/// <param name="Fault">Which.</param>
/// <param name="Victims">Longest stall of the victim's streams.</param>
/// <param name="Others">Longest stall of other streams.</param>
/// <param name="Recovery">Until every stream took an append again.</param>
internal sealed record FaultResult(Fault Fault, TimeSpan Victims, TimeSpan Others, TimeSpan Recovery);
