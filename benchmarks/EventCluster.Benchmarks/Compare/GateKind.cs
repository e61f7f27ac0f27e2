namespace EventCluster.Benchmarks.Compare;

/// <summary>What is good about a figure.</summary>
public enum GateKind
{
    /// <summary>Printed only: latencies.</summary>
    Printed,

    /// <summary>Operations per second: more is better.</summary>
    Rate,

    /// <summary>Processor time or bytes per operation: less is better.</summary>
    Cost,
}
