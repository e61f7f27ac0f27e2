using EventCluster.TestKit.History;

namespace EventCluster.Failover.Partitions;

/// <summary>One run: a fresh cluster under load, the partitions one after the other, and the judgement over all that was seen.</summary>
internal sealed class PartitionRun(PartitionOptions options, TextWriter progress, TimeProvider time)
{
    /// <summary>The issue's aim: streams of a silo that is cut off alone go on elsewhere within this time.</summary>
    private static readonly TimeSpan GoesOnAim = TimeSpan.FromSeconds(5);

    private readonly Random _random = new(options.Seed);

    /// <summary>What is wrong; empty for a good run.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Partitions that were made.</summary>
    public int Made { get; private set; }

    /// <summary>Runs to the end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        progress.WriteLine("partitions: starting a cluster in network namespaces ...");
        await using var cluster = await NamespaceCluster.StartAsync(new NamespaceSetup(), time, cancellationToken);
        try
        {
            await RunAsync(cluster, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Faults.Add(e.ToString());
        }

        if (Environment.GetEnvironmentVariable("KEEP") == "1" || Faults.Count > 0)
        {
            progress.WriteLine($"partitions: the logs are in {cluster.KeepLogs($"seed-{options.Seed}")}");
        }
    }

    private async Task RunAsync(NamespaceCluster cluster, CancellationToken cancellationToken)
    {
        await using var pulse = new Pulse(time);
        await using var grains = await GrainAppendPort.ConnectAsync(cluster, cancellationToken);
        await using var load = await PartitionLoad.StartAsync(cluster, grains, options.Streams, options.Seed, namesEveryOffset: false, cancellationToken);
        foreach (var partition in options.Cases)
        {
            await MakeAsync(partition, cluster, load, pulse, cancellationToken);
        }

        await load.FinishAsync(cancellationToken);
        var entries = load.History.Entries;
        Faults.AddRange(HistoryChecker.Check(entries).Select(wrong => wrong.ToString()));
        progress.WriteLine($"partitions: {load.Stalls.Acknowledged} appends acknowledged, "
            + $"{entries.Count(entry => entry.Kind == HistoryEntryKind.Observe)} events observed, {load.Reconnects} reconnects, "
            + $"{Faults.Count} faults in the history");
        var verdict = load.Claims.Check();
        Faults.AddRange(verdict.Faults.Select(wrong => wrong.ToString()));
        progress.WriteLine($"partitions: {verdict}");
    }

    private async Task MakeAsync(
        Partition partition, NamespaceCluster cluster, PartitionLoad load, Pulse pulse, CancellationToken cancellationToken)
    {
        load.Spread();
        load.Stalls.Restart();
        await load.UntilMovedAsync("all streams take appends", load.Streams, cancellationToken);
        var scene = await PartitionScene.ChooseAsync(cluster, _random, cancellationToken);
        var ends = cluster.Ends.Count;
        pulse.Restart();
        var began = time.GetTimestamp();
        await partition.CutAsync(scene);
        load.Stalls.Restart();
        var goesOn = await WatchAsync(scene, load, began, cancellationToken);
        var ended = cluster.Ends.Skip(ends).ToList();
        await cluster.Network.HealAsync();

        load.Stalls.Restart();
        var healed = time.GetTimestamp();
        await load.UntilMovedAsync("the cluster recovers", load.Streams, cancellationToken);
        var recovery = time.GetElapsedTime(healed);
        await cluster.UntilReadyAsync(cancellationToken);
        await load.UntilReadAsync(cancellationToken);
        var whole = time.GetElapsedTime(healed);
        Made++;

        var later = cluster.Ends.Skip(ends + ended.Count).ToList();
        progress.WriteLine($"partitions: {partition.What}: {string.Join(" and ", scene.Side)} for {options.Length.TotalSeconds:0} s; "
            + $"{scene.Victims.Count} streams of {scene.Side[0]} took appends after {Text(goesOn)}"
            + (partition.VictimsGoOn ? $" ({(goesOn <= GoesOnAim ? "met" : "MISSED")} {GoesOnAim.TotalSeconds:0} s); " : "; ")
            + $"{Names(ended)} ended meanwhile, {Names(later)} after healing; appends everywhere after {Text(recovery)}, "
            + $"readers and readiness after {Text(whole)}{(pulse.IsStarved ? "; the machine was busy with other things, so times and ends are not judged" : "")}");
        if (!pulse.IsStarved)
        {
            Judge(partition, scene, goesOn, [.. ended, .. later]);
        }
    }

    private static string Names(List<SiloEnd> ends) =>
        ends.Count == 0 ? "nobody" : string.Join(", ", ends.Select(end => $"{end.Name} ({end.ExitCode})"));

    private static string Text(TimeSpan? length) => length is { } known ? $"{known.TotalSeconds:0.0} s" : "never";

    /// <summary>Waits to the end of the partition; says when the streams of its owner had all taken appends again.</summary>
    private async Task<TimeSpan?> WatchAsync(
        PartitionScene scene, PartitionLoad load, long began, CancellationToken cancellationToken)
    {
        TimeSpan? goesOn = null;
        while (time.GetElapsedTime(began) < options.Length)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellationToken);
            await load.ThrowIfBrokenAsync();
            if (goesOn is null && scene.Victims.All(load.Stalls.MovedStreams().Contains))
            {
                goesOn = time.GetElapsedTime(began);
            }
        }

        return goesOn;
    }

    private void Judge(Partition partition, PartitionScene scene, TimeSpan? goesOn, List<SiloEnd> ends)
    {
        // The aim is printed; a silo that never hands over is the fault.
        if (partition.VictimsGoOn && goesOn is null)
        {
            Faults.Add($"{partition.Name}: streams of {scene.Side[0]} did not go on elsewhere within {options.Length.TotalSeconds:0} s");
        }

        var isGood = partition.MayEnd switch
        {
            PartitionEnds.Nobody => ends.Count == 0,
            PartitionEnds.TheOwner => ends.TrueForAll(end => end.Name == scene.Side[0]),
            _ => ends.TrueForAll(end => scene.Side.Contains(end.Name)) || !ends.Exists(end => scene.Side.Contains(end.Name)),
        };
        if (!isGood)
        {
            Faults.Add($"{partition.Name}: silos ended that should not: {Names(ends)}");
        }
    }
}
