using EventCluster.Benchmarks.Running;

namespace EventCluster.Benchmarks.Http;

/// <summary>What one round of load measured.</summary>
/// <param name="Latencies">From sending a request to reading its acknowledgement.</param>
/// <param name="PerSecond">Acknowledged appends per second.</param>
/// <param name="ServerMicroseconds">Processor time of the server for each.</param>
/// <param name="Bytes">Bytes of an acknowledgement.</param>
/// <param name="GeneratorShare">The generator's part of the processor time that both processes used, in percent.</param>
public sealed record LoadResult(LatencyHistogram Latencies, double PerSecond, double ServerMicroseconds, double Bytes, double GeneratorShare)
{
    /// <summary>As figures.</summary>
    public IReadOnlyList<Figure> Figures =>
    [
        new("acks/s", PerSecond), .. Latencies.Figures("ms"),
        new("server us/ack", ServerMicroseconds), new("bytes/ack", Bytes), new("generator %", GeneratorShare),
    ];
}
