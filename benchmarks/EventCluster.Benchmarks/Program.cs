using System.Globalization;
using EventCluster.Benchmarks.Bare;
using EventCluster.Benchmarks.Clusters;
using EventCluster.Benchmarks.Compare;
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

IBenchmark[] benchmarks =
[
    new JournalBenchmark(), new LogBenchmark(), new HttpBenchmark(), new CatchUpBenchmark(), new FanOutBenchmark(),
    new PeersBenchmark(), new WireBenchmark(), new SlowReaderBenchmark(), new StartUpBenchmark(), new AllocBenchmark(),
    new ListBenchmark(), new PostgreSqlBenchmark(), new ClusterBenchmark(), new CompareBenchmark(),
];
var settings = BenchmarkSettings.Parse(args, out var error);
var benchmark = Array.Find(benchmarks, b => b.Name == settings?.Name);
if (settings is null || benchmark is null)
{
    Console.Error.WriteLine(error ?? "Name a benchmark.");
    Console.Error.WriteLine("usage: NAME [--seconds N] [--rounds N] [--json] [--tiny] [--simulated-flush-ms N] [--set SIZE=N] [--server ARGUMENT]");
    Console.Error.WriteLine("       compare --against DIR [--rows ROW,...|node|cluster] [--rounds N] [--seconds N] [--old ARGUMENT] [--json]");
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
try
{
    await benchmark.RunAsync(new BenchmarkContext(settings, report, stop.Token));
}
catch (SettingsException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

Console.WriteLine(report.Print(settings));
return report.ExitCode;
