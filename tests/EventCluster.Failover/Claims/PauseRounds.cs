using EventCluster.TestKit;
using EventCluster.TestKit.Claims;
using EventCluster.TestKit.Servers;

namespace EventCluster.Failover.Claims;

/// <summary>
/// Goal: what stood still and goes on must not answer from memory. Each round stops a backlog silo, an edge, or both together
/// (SIGSTOP), appends through another edge until the streams have moved, asks the stopped ones in every way, lets them go on
/// (SIGCONT) and asks on. Every third stop is so short that nothing moves.
/// </summary>
internal sealed class PauseRounds(FaultScene scene, TextWriter progress)
{
    private const int Askers = 2;
    private const int ShortestStop = 100;
    private const int LongestShortStop = 900;
    private const int LongestExtraStop = 2_000;

    private static readonly TimeSpan AskPace = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AppendPace = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AskBefore = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AskAfter = TimeSpan.FromSeconds(3);

    private readonly List<string> _done = [];

    /// <summary>All rounds.</summary>
    public static async Task InjectAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        var rounds = new PauseRounds(scene, Console.Error);
        for (var round = 0; round < scene.Options.Rounds; round++)
        {
            await rounds.RunAsync(round, cancellationToken);
        }

        scene.Remark = $"{rounds._done.Count} rounds of SIGSTOP: "
            + string.Join(", ", rounds._done.GroupBy(what => what).Select(group => $"{group.Count()} of {group.Key}"));
    }

    private async Task RunAsync(int round, CancellationToken cancellationToken)
    {
        var (both, isShort) = (round % 2 == 1, round % 3 == 2);
        var edges = await scene.Cluster.OfRoleAsync("edge", cancellationToken);
        var edge = edges[scene.Random.Next(edges.Count)];
        var isEdgeAlone = !both && round % 4 == 2;
        var backlog = isEdgeAlone ? null : await scene.ChooseOwnerAsync(cancellationToken, scene.Workload.Quiet.Created.ContainsKey);
        ClusterProcess[] stopped = (backlog, both) switch
        {
            (null, _) => [edge],
            (_, true) => [backlog, edge],
            _ => [backlog],
        };
        var elsewhere = edges.First(other => other.Name != edge.Name);
        var streams = backlog is null
            ? [.. scene.Workload.Quiet.Created.Keys]
            : scene.Victims.Where(scene.Workload.Quiet.Created.ContainsKey).ToArray();
        using var http = new HttpAppendPort([elsewhere.Url], 0);
        var port = new RecordingAppendPort(http, scene.Workload.Claims);
        scene.Begin();
        foreach (var process in stopped)
        {
            scene.Cluster.Signal(process, "STOP");
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] appending;
        var isStopped = true;
        await using (var askers = NewAskers(edges))
        {
            try
            {
                var first = Task.WhenAll(streams.Select(stream => scene.Workload.Quiet.AppendAsync(stream, port, cancellationToken)));
                await Task.Delay(
                    TimeSpan.FromMilliseconds(scene.Random.Next(ShortestStop, isShort ? LongestShortStop : LongestExtraStop)), scene.Time, cancellationToken);
                if (!isShort)
                {
                    await Phase.OfAsync($"{string.Join(" and ", stopped.Select(it => it.Name))} stopped: appends elsewhere", first);
                }

                appending = [first, .. streams.Select(stream => KeepAppendingAsync(stream, port, end.Token))];

                // These wait at what is stopped, and were sent after the appends.
                await using var late = NewAskers(edges);
                await Task.Delay(AskBefore, scene.Time, cancellationToken);
                Continue(stopped);
                isStopped = false;
                await Task.Delay(AskAfter, scene.Time, cancellationToken);
                await late.FinishAsync();
            }
            finally
            {
                if (isStopped)
                {
                    Continue(stopped);
                }

                await end.CancelAsync();
            }

            await Phase.OfAsync("appends elsewhere end", Task.WhenAll(appending));
            await askers.FinishAsync();
        }

        await scene.UntilRecoveredAsync(cancellationToken);
        foreach (var process in stopped)
        {
            // One that was voted out ends by itself; an operator's supervisor starts it again.
            await scene.ReplaceAsync(process, cancellationToken);
        }

        scene.EndRound();
        var what = (isEdgeAlone ? "an edge" : both ? "backlog silo and edge" : "a backlog silo") + (isShort ? " (short)" : "");
        _done.Add(what);
        var verdict = scene.Workload.Claims.Check();
        await progress.WriteLineAsync($"round {round + 1} of {scene.Options.Rounds}: {what} "
            + $"({string.Join(", ", stopped.Select(it => it.Name))}), {streams.Length} quiet streams, "
            + $"recovered after {scene.Recovery.TotalSeconds:0.00} s; so far {verdict}");
    }

    private TailAskers NewAskers(IEnumerable<ClusterProcess> edges) => new(
        scene.Workload.Claims, [.. edges.SelectMany(edge => TailWays.OfEdge(edge.Name, edge.Url)), .. scene.Workload.GrainWays()],
        scene.Workload.Quiet.Created, Askers, AskPace, scene.Time);

    private void Continue(IEnumerable<ClusterProcess> stopped)
    {
        foreach (var process in stopped)
        {
            scene.Cluster.Signal(process, "CONT");
        }
    }

    private async Task KeepAppendingAsync(string stream, RecordingAppendPort port, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await scene.Workload.Quiet.AppendAsync(stream, port, CancellationToken.None);
            await Task.Delay(AppendPace, scene.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
