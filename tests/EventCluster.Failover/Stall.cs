namespace EventCluster.Failover;

/// <summary>A wait of an append for its acknowledgement.</summary>
/// <param name="Length">How long.</param>
/// <param name="After">When it began, counted from the fault.</param>
internal readonly record struct Stall(TimeSpan Length, TimeSpan After);
