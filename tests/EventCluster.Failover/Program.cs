using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using EventCluster.Failover;
using EventCluster.Failover.Partitions;
using EventCluster.TestKit.Claims;

[assembly: UnsupportedOSPlatform("windows")]

using var end = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    end.Cancel();
};

// What limits this run in time ends it with SIGTERM; the cluster must not outlive it.
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
{
    signal.Cancel = true;
    end.Cancel();
});
switch (args)
{
    case ["partitions", ..]:
        return await PartitionProgram.RunPartitionsAsync(args[1..], end.Token);
    case ["standby", ..]:
        return await PartitionProgram.RunStandbysAsync(args[1..], end.Token);
}

FailoverOptions options;
try
{
    options = FailoverOptions.Parse(args);
}
catch (FormatException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}

var results = new List<FaultResult>();
var verdicts = new List<ClaimVerdict>();
var failed = 0;
for (var i = 0; i < options.Runs; i++)
{
    var run = new FailoverRun(options, options.Seed + i, Console.Error);
    try
    {
        await run.RunAsync(end.Token);
    }
    catch (Exception e) when (!end.IsCancellationRequested)
    {
        run.Faults.Add(e.ToString());
    }

    results.AddRange(run.Results);
    verdicts.AddRange(run.Verdict is { } verdict ? [verdict] : []);
    failed += run.Faults.Count > 0 ? 1 : 0;
    foreach (var fault in run.Faults.Take(20))
    {
        Console.WriteLine($"seed {options.Seed + i}: {fault}");
    }
}

FailoverReport.Write(Console.Out, results, options.Json);
FailoverReport.Write(Console.Out, verdicts, options.Json);
Console.WriteLine($"{options.Runs - failed} passed, {failed} failed");
return failed == 0 ? 0 : 1;
