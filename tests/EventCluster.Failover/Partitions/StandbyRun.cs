using EventCluster.TestKit;
using EventCluster.TestKit.History;
using EventCluster.TestKit.Network;
using EventCluster.TestKit.Servers;
using Npgsql;

namespace EventCluster.Failover.Partitions;

/// <summary>
/// One run: a fresh cluster whose database has an asynchronous standby; the primary changes under load; the judgement over all that was
/// seen. Nothing is restarted.
/// </summary>
internal sealed class StandbyRun(StandbyCase what, StandbyOptions options, TextWriter progress, TimeProvider time)
{
    /// <summary>The issue's aim: appends and readers go on within this time.</summary>
    private static readonly TimeSpan Aim = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Before = TimeSpan.FromSeconds(5);

    /// <summary>So long the address still leads to the demoted primary.</summary>
    private static readonly TimeSpan AddressDelay = TimeSpan.FromSeconds(2);

    /// <summary>What is wrong; empty for a good run.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Runs to the end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        progress.WriteLine($"{what.Name}: starting a cluster whose database has a standby ...");
        await using var cluster = await NamespaceCluster.StartAsync(
            new NamespaceSetup { HasStandby = true, Connection = ConnectAsync }, time, cancellationToken);
        try
        {
            await using var pulse = new Pulse(time);
            await (what.LosesCommits ? PromoteAsync(cluster, pulse, cancellationToken) : SwitchAsync(cluster, pulse, cancellationToken));
            if (cluster.Ends is { Count: > 0 } ends && !pulse.IsStarved)
            {
                Faults.Add($"silos ended by themselves: {string.Join(", ", ends.Select(end => $"{end.Name} ({end.ExitCode})"))}");
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Faults.Add(e.ToString());
        }

        if (Environment.GetEnvironmentVariable("KEEP") == "1" || Faults.Count > 0)
        {
            progress.WriteLine($"{what.Name}: the logs are in {cluster.KeepLogs(what.Name)}");
        }
    }

    private async Task<string> ConnectAsync(NamespaceCluster cluster)
    {
        var (primary, standby) = (cluster.Servers[0], cluster.Servers[1]);
        if (what.ByHosts)
        {
            string[] hosts = [.. new[] { primary, standby }.Select(server => $"{HostOf(server)}:{server.Port}")];
            return new NpgsqlConnectionStringBuilder(primary.ConnectionString) { Host = string.Join(',', hosts) }.ConnectionString;
        }

        var address = cluster.Network.SharedAddress(0);
        await cluster.Network.TakeAsync(NamespaceCluster.Database, address);
        return new NpgsqlConnectionStringBuilder(primary.ConnectionString) { Host = $"{address}" }.ConnectionString;
    }

    private async Task MoveAsync(NamespaceCluster cluster)
    {
        if (!what.ByHosts)
        {
            var address = cluster.Network.SharedAddress(0);
            await cluster.Network.GiveAwayAsync(NamespaceCluster.Database, address);
            await cluster.Network.TakeAsync(NamespaceCluster.Standby, address);
        }
    }

    /// <summary>Orderly: nothing is lost, and the demoted primary stays as a standby, where silos may still come by.</summary>
    private async Task SwitchAsync(NamespaceCluster cluster, Pulse pulse, CancellationToken cancellationToken)
    {
        var (primary, standby) = (cluster.Servers[0], cluster.Servers[1]);
        await using var grains = await GrainAppendPort.ConnectAsync(cluster, cancellationToken);
        await using var load = await PartitionLoad.StartAsync(cluster, grains, options.Streams, options.Seed, namesEveryOffset: true, cancellationToken);
        await load.UntilMovedAsync("all streams take appends", load.Streams, cancellationToken);
        await Task.Delay(Before, time, cancellationToken);

        var began = time.GetTimestamp();
        await primary.DownAsync();
        await standby.PromoteAsync();
        await primary.FollowAsync(standby);
        await primary.UpAsync();
        if (!what.ByHosts)
        {
            await Task.Delay(AddressDelay, time, cancellationToken);
        }

        await MoveAsync(cluster);
        load.Stalls.Restart();
        var moved = time.GetTimestamp();
        await load.UntilMovedAsync("appends go on", load.Streams, cancellationToken);
        var (appends, whole) = (time.GetElapsedTime(moved), time.GetElapsedTime(began));
        await load.UntilReadAsync(cancellationToken);
        Tell($"appends of {load.Streams.Count} streams", appends, whole, time.GetElapsedTime(moved), pulse);
        await cluster.UntilReadyAsync(cancellationToken);
        await Task.Delay(Before, time, cancellationToken);

        await load.FinishAsync(cancellationToken);
        var verdict = load.Claims.Check();
        Faults.AddRange(verdict.Faults.Select(wrong => wrong.ToString()));
        Faults.AddRange(HistoryChecker.Check(load.History.Entries).Select(wrong => wrong.ToString()));
        progress.WriteLine($"{what.Name}: {load.Stalls.Acknowledged} appends acknowledged, "
            + $"{load.History.Entries.Count(entry => entry.Kind == HistoryEntryKind.Observe)} events observed, {load.Reconnects} reconnects, "
            + $"{Faults.Count} faults; {verdict}");
    }

    /// <summary>The standby gets nothing any more while 200 events are acknowledged; then the primary ends for good.</summary>
    private async Task PromoteAsync(NamespaceCluster cluster, Pulse pulse, CancellationToken cancellationToken)
    {
        var (primary, standby) = (cluster.Servers[0], cluster.Servers[1]);
        await using var load = await LossyLoad.StartAsync(cluster, cancellationToken);
        await load.AppendToAllAsync("before", cancellationToken);
        await ReplicatedAsync(primary, cancellationToken);
        await cluster.Network.CutAsync(
            [NamespaceCluster.Database], [NamespaceCluster.Standby], LinkFault.Silence);
        await load.AppendWhatIsLostAsync(cancellationToken);

        var began = time.GetTimestamp();
        await primary.KillAsync();
        await standby.PromoteAsync();
        await MoveAsync(cluster);
        var moved = time.GetTimestamp();
        await load.AppendToAllAsync("after", cancellationToken);
        var (appends, whole) = (time.GetElapsedTime(moved), time.GetElapsedTime(began));
        await load.UntilSeenAsync("after", cancellationToken);
        Tell($"appends of {LossyLoad.Streams} streams", appends, whole, time.GetElapsedTime(moved), pulse);
        await cluster.UntilReadyAsync(cancellationToken);
        await load.AppendToAllAsync("later", cancellationToken);
        await load.UntilSeenAsync("later", cancellationToken);

        Faults.AddRange(await load.CheckAsync(cancellationToken));
        var told = cluster.Backlogs.Sum(name => cluster.CountLines(name, "[1008]"));
        progress.WriteLine($"{what.Name}: {load.Lost} acknowledged events of {LossyLoad.Losing} streams lost, {load.Gaps} gaps told to "
            + $"{load.Readers} readers, {told} streams named in the logs, {Faults.Count} faults");
        if (told < LossyLoad.Losing)
        {
            Faults.Add($"the logs name {told} of {LossyLoad.Losing} streams that lost commits (1008)");
        }
    }

    private void Tell(string appended, TimeSpan appends, TimeSpan whole, TimeSpan readers, Pulse pulse)
    {
        progress.WriteLine($"{what.Name}: {what.What}: {appended} go on {appends.TotalSeconds:0.0} s after the new primary could be reached "
            + $"({whole.TotalSeconds:0.0} s after the old one ended), readers after {readers.TotalSeconds:0.0} s"
            + (pulse.IsStarved ? "; the machine was busy with other things, so times and ends are not judged" : ""));
        if (!pulse.IsStarved && (appends > Aim || readers > Aim))
        {
            Faults.Add($"appends and readers went on after {appends.TotalSeconds:0.0} s and {readers.TotalSeconds:0.0} s, "
                + $"more than {Aim.TotalSeconds:0} s");
        }
    }

    private static string HostOf(PostgreSqlServer server) => new NpgsqlConnectionStringBuilder(server.ConnectionString).Host!;

    /// <summary>Waits until the standby has everything.</summary>
    private static async Task ReplicatedAsync(PostgreSqlServer primary, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(primary.ConnectionString);
        await Phase.UntilAsync(
            "the standby has everything",
            async () =>
            {
                await using var command = source.CreateCommand(
                    "SELECT count(*) FROM pg_stat_replication WHERE flush_lsn >= pg_current_wal_flush_lsn()");
                return (long)(await command.ExecuteScalarAsync(cancellationToken))! > 0;
            },
            static () => { },
            cancellationToken);
    }
}
