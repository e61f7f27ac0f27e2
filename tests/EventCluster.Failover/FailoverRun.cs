using EventCluster.TestKit.Claims;
using EventCluster.TestKit.History;
using EventCluster.TestKit.Servers;

namespace EventCluster.Failover;

/// <summary>One run: a fresh cluster under load, the faults one after the other, and the judgement over all that was seen.</summary>
internal sealed class FailoverRun(FailoverOptions options, int seed, TextWriter progress)
{
    /// <summary>What every fault cost.</summary>
    public List<FaultResult> Results { get; } = [];

    /// <summary>What is wrong; empty for a good run.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>What answers claimed, and which of them were wrong; null for a run that did not begin.</summary>
    public ClaimVerdict? Verdict { get; private set; }

    /// <summary>Runs to the end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        var port = 14_000 + (50 * random.Next(40));
        await using var store = new TcpRelay(port + 1);
        progress.WriteLine($"seed {seed}: starting a cluster at port {port} ...");
        await using var cluster = await LocalCluster.UpAsync(new LocalClusterSetup(port) { StorePort = store.Port }, cancellationToken);
        try
        {
            await RunAsync(cluster, store, random, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Faults.Add(e.ToString());
        }

        if (Environment.GetEnvironmentVariable("KEEP") == "1" || Faults.Count > 0 || Results.Exists(result => result.Victims > result.Fault.RecoveryBound))
        {
            progress.WriteLine($"seed {seed}: the logs are in {cluster.KeepLogs($"seed-{seed}")}");
        }
    }

    private async Task RunAsync(LocalCluster cluster, TcpRelay store, Random random, CancellationToken cancellationToken)
    {
        await using var pulse = new Pulse(TimeProvider.System);
        await using var supervisor = new Supervisor(cluster, TimeProvider.System);
        await using var grains = await GrainAppendPort.ConnectAsync(cluster, cancellationToken);
        await using var workload = await Workload.StartAsync(cluster, grains, options with { Seed = seed }, cancellationToken);
        try
        {
            await RunAsync(cluster, store, workload, supervisor, pulse, random, cancellationToken);
        }
        finally
        {
            // Also of a run that did not come to its end.
            Judge(workload.Claims.Check());
        }
    }

    private async Task RunAsync(
        LocalCluster cluster, TcpRelay store, Workload workload, Supervisor supervisor, Pulse pulse, Random random,
        CancellationToken cancellationToken)
    {
        foreach (var fault in options.Faults)
        {
            var restarts = supervisor.Restarts;
            var reconnects = workload.LiveReconnects;
            pulse.Restart();
            workload.Stalls.Restart();
            await workload.UntilAllMovedAsync("all streams take appends", cancellationToken);
            var scene = new FaultScene(cluster, workload, store, options, random, TimeProvider.System);
            await fault.InjectAsync(scene, cancellationToken);
            supervisor.ThrowIfBroken();
            Note(fault, scene, pulse.IsStarved, supervisor.Restarts - restarts);
            if (fault.KeepsConnections)
            {
                // What was served before the fault is noticed by its end at the latest.
                var cut = workload.LiveReconnects - reconnects;
                progress.WriteLine($"seed {seed}: {fault.Name}: {cut} event streams and WebSockets had to connect anew");
                if (cut > 0 && !pulse.IsStarved)
                {
                    Faults.Add($"{fault.Name}: {cut} live connections did not stay open");
                }
            }
        }

        await workload.FinishAsync(cancellationToken);
        var entries = workload.History.Entries;
        Faults.AddRange(HistoryChecker.Check(entries).Select(wrong => wrong.ToString()));
        progress.WriteLine($"seed {seed}: {workload.Stalls.Acknowledged} appends acknowledged, "
            + $"{entries.Count(entry => entry.Kind == HistoryEntryKind.Observe)} events observed, "
            + $"{workload.Reconnects} reconnects, {Faults.Count} faults in the history");
    }

    private void Judge(ClaimVerdict verdict)
    {
        Verdict = verdict;
        progress.WriteLine($"seed {seed}: {verdict}");
        foreach (var (way, count) in verdict.Ways.OrderBy(way => way.Key, StringComparer.Ordinal))
        {
            progress.WriteLine($"seed {seed}:   {way,-32} {count.Answers,7} answers, {count.Claims,7} with a claim");
            if (count.Claims == 0)
            {
                Faults.Add($"{way}: none of {count.Answers} answers claimed anything, so nothing was checked");
            }
        }

        Faults.AddRange(verdict.Faults.Select(fault => $"{fault}"));
    }

    private void Note(Fault fault, FaultScene scene, bool isStarved, int restarts)
    {
        var (victims, others) = scene.Stalls();
        Results.Add(new FaultResult(fault, victims.Length, others.Length, scene.SlowestRecovery));
        progress.WriteLine($"seed {seed}: {fault.What}: {scene.Victims.Count} streams of the victim stalled up to "
            + $"{victims.Length.TotalSeconds:0.00} s (from {victims.After.TotalSeconds:0.00} s on), others up to {others.Length.TotalSeconds:0.00} s, recovered after {scene.SlowestRecovery.TotalSeconds:0.00} s"
            + $" ({string.Join(", ", scene.StallsByWay().OrderBy(way => way.Key).Select(way => $"{way.Key} {way.Value.TotalSeconds:0.00} s"))})");

        if (scene.Remark is { } remark)
        {
            progress.WriteLine($"seed {seed}: {remark}");
        }

        if (isStarved)
        {
            // Nothing else is excused: what was acknowledged is there, once, in order.
            progress.WriteLine($"seed {seed}: {fault.Name}: the machine was busy with other things, so its times are not judged"
                + (restarts > 0 ? $"; {restarts} silos were voted out and started again" : ""));
        }
        else if (restarts > 0)
        {
            Faults.Add($"{fault.Name}: {restarts} silos ended by themselves on a machine that was not busy with other things");
        }
        else if (scene.SlowestRecovery > fault.RecoveryBound)
        {
            Faults.Add($"{fault.Name}: recovery took {scene.SlowestRecovery.TotalSeconds:0.0} s, more than {fault.RecoveryBound.TotalSeconds:0} s");
        }
    }
}
