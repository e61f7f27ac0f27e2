using System.Globalization;
using EventCluster.Benchmarks.Bare;
using EventCluster.Benchmarks.Clusters;
using EventCluster.Benchmarks.FanOut;
using EventCluster.Benchmarks.Http;
using EventCluster.Benchmarks.Peers;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.SlowReaders;
using EventCluster.Benchmarks.Store;
using EventCluster.Benchmarks.Streams;
using EventCluster.Benchmarks.Wire;

if (args is [BareServer.Command, var port, var file])
{
    await BareServer.RunAsync(int.Parse(port, CultureInfo.InvariantCulture), file);
    return 0;
}

// The generator's sockets complete on the polling thread: cheaper, and it leaves more of the machine to the server.
// Read by the runtime when the first socket is used; servers that are started do not inherit it (BenchmarkServer).
Environment.SetEnvironmentVariable(LoadGenerator.InlineCompletions, "1");

IBenchmark[] benchmarks =
[
    new JournalBenchmark(), new LogBenchmark(), new HttpBenchmark(), new CatchUpBenchmark(), new FanOutBenchmark(),
    new PeersBenchmark(), new WireBenchmark(), new SlowReaderBenchmark(), new StartUpBenchmark(), new AllocBenchmark(),
    new ListBenchmark(), new PostgreSqlBenchmark(), new ClusterBenchmark(),
];
var settings = BenchmarkSettings.Parse(args, out var error);
var benchmark = Array.Find(benchmarks, b => b.Name == settings?.Name);
if (settings is null || benchmark is null)
{
    Console.Error.WriteLine(error ?? "Name a benchmark.");
    Console.Error.WriteLine("usage: NAME [--seconds N] [--rounds N] [--json] [--tiny] [--simulated-flush-ms N] [--set SIZE=N] [--server ARGUMENT]");
    foreach (var each in benchmarks)
    {
        Console.Error.WriteLine($"  {each.Name,-12}{each.Summary}");
    }

    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
var report = new Report();
await benchmark.RunAsync(new BenchmarkContext(settings, report, stop.Token));
Console.WriteLine(report.Print(settings));
return report.Count > 0 ? 0 : 1;
