using System.Diagnostics;
using EventCluster.Benchmarks.Running;

namespace EventCluster.Benchmarks.Http;

/// <summary>What one round of load measured.</summary>
/// <param name="Latencies">From sending a request to reading its acknowledgement.</param>
/// <param name="Elapsed">Length of the measured part.</param>
/// <param name="GeneratorShare">The generator's part of the processor time that both processes used.</param>
/// <param name="ServerProcessorTime">What the server used.</param>
public sealed record LoadResult(LatencyHistogram Latencies, TimeSpan Elapsed, double GeneratorShare, TimeSpan ServerProcessorTime)
{
    /// <summary>Acknowledged appends per second.</summary>
    public double PerSecond => Latencies.Count / Elapsed.TotalSeconds;

    /// <summary>As figures.</summary>
    public IReadOnlyList<Figure> Figures =>
    [
        new("acks/s", PerSecond),
        new("p50 ms", Milliseconds(0.5)),
        new("p99 ms", Milliseconds(0.99)),
        new("server us/ack", ServerProcessorTime.TotalMicroseconds / Math.Max(1, Latencies.Count)),
        new("generator %", 100 * GeneratorShare),
    ];

    private double Milliseconds(double share) => Latencies.Percentile(share) * 1000.0 / Stopwatch.Frequency;
}
