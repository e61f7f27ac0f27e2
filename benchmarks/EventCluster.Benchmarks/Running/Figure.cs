namespace EventCluster.Benchmarks.Running;

/// <summary>One measured number.</summary>
/// <param name="Name">What it is; the column's head.</param>
/// <param name="Value">How much.</param>
public readonly record struct Figure(string Name, double Value);
