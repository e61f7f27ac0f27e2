using EventCluster.Benchmarks.Messages;
using EventCluster.Benchmarks.Running;

var settings = BenchmarkSettings.Parse(["messages", .. args], out var error);
if (settings is null)
{
    Console.Error.WriteLine(error);
    Console.Error.WriteLine("usage: [--seconds N] [--rounds N] [--json] [--tiny]");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
var report = new Report();
await new MessagesBenchmark().RunAsync(new BenchmarkContext(settings, report, stop.Token));
Console.WriteLine(report.Print(settings));
return report.ExitCode;
