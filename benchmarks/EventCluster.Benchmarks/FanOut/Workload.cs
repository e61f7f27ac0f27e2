using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.FanOut;

/// <summary>A workload of live readers that can be put on any subject and transport.</summary>
/// <param name="Key">Its short name: <c>w1</c>, <c>w1-low</c>, <c>w2</c>, <c>w5</c>, <c>w6</c>.</param>
/// <param name="Label">What it is.</param>
/// <param name="RunAsync">One round on a fresh server.</param>
public sealed record Workload(
    string Key, string Label, Func<BenchmarkContext, Subject, LiveTransport, Task<IReadOnlyList<Figure>>> RunAsync)
{
    private const int LowRate = 100;

    /// <summary>All, with the sizes of the settings.</summary>
    public static IReadOnlyList<Workload> All(BenchmarkSettings settings)
    {
        var readers = settings.Size("readers", 1_000, 20);
        var streams = settings.Size("streams", 1_000, 20);
        var rate = settings.Size("rate", 10_000, 200);
        return
        [
            new("w1", $"W1 maximum rate, {readers} readers", MaximumRate.RunAsync),
            new("w1-low", $"W1 {LowRate} events/s, {readers} readers", new SteadyRate(1, readers, LowRate).RunAsync),
            new("w2", $"W2 {streams} streams, {rate} events/s", new SteadyRate(streams, 1, rate).RunAsync),
            new("w5", $"W5 storm of {settings.Size("clients", 5_000, 20)}", Storm.RunAsync),
            new("w6", $"W6 {settings.Size("idle", 10_000, 50)} idle", IdleReaders.RunAsync),
        ];
    }
}
