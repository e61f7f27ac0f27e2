using Npgsql;

namespace EventCluster.Failover.Claims;

/// <summary>Ends random sessions of the silos in the database, one after the other (<c>pg_terminate_backend</c>), while everybody works.</summary>
internal static class SessionTerminator
{
    private const string Name = "failover";
    private const int LongestPause = 250;

    /// <summary>Sessions of silos have a name; other clients of these tests have none.</summary>
    private const string TerminateOne =
        $"""
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE backend_type = 'client backend' AND application_name NOT IN ('', '{Name}') ORDER BY random() LIMIT 1
         """;

    private static readonly TimeSpan AppendPace = TimeSpan.FromMilliseconds(100);

    /// <summary>Terminates for as long as the options say.</summary>
    public static async Task InjectAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        scene.VictimsAreAll();
        var edges = await scene.Cluster.OfRoleAsync("edge", cancellationToken);
        using var http = new HttpAppendPort([.. edges.Select(edge => edge.Url)], 0);
        var port = new RecordingAppendPort(http, scene.Workload.Claims);
        await using var source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(await scene.Cluster.ConnectionStringAsync(cancellationToken)) { ApplicationName = Name });
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var terminate = new NpgsqlCommand(TerminateOne, connection);
        var (began, ended) = (scene.Time.GetTimestamp(), 0);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        scene.Begin();
        Task[] appending = [.. scene.Workload.Quiet.Created.Keys.Select(KeepAppendingAsync)];
        while (scene.Time.GetElapsedTime(began) < scene.Options.Terminate)
        {
            ended += await terminate.ExecuteScalarAsync(cancellationToken) is true ? 1 : 0;
            await Task.Delay(TimeSpan.FromMilliseconds(scene.Random.Next(LongestPause)), scene.Time, cancellationToken);
        }

        // The recovery counts from the end, the stalls from the begin.
        scene.EndRound();
        scene.Begin();
        await scene.UntilRecoveredAsync(cancellationToken);
        await end.CancelAsync();
        await Task.WhenAll(appending);
        scene.Remark = $"{ended} sessions of silos ended by pg_terminate_backend in {scene.Options.Terminate.TotalSeconds:0} s";
        if (ended == 0)
        {
            throw new InvalidDataException("No silo had a session that could be ended.");
        }

        async Task KeepAppendingAsync(string stream)
        {
            while (!end.IsCancellationRequested)
            {
                await scene.Workload.Quiet.AppendAsync(stream, port, cancellationToken);
                await Task.Delay(AppendPace, scene.Time, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
