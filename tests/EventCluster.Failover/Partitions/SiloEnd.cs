namespace EventCluster.Failover.Partitions;

/// <summary>A silo ended by itself and was started again.</summary>
/// <param name="Name">Which.</param>
/// <param name="ExitCode">How.</param>
/// <param name="Timestamp">When it was noticed.</param>
internal sealed record SiloEnd(string Name, int ExitCode, long Timestamp);
