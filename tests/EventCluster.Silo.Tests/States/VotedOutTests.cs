using System.Text.Json;
using EventCluster.Silo.Tests.Processes;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Npgsql;
using Xunit;

namespace EventCluster.Silo.Tests.States;

/// <summary>A silo that was voted out while its process stood still.</summary>
public sealed class VotedOutTests(SharedServer shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// Goal: it does not go on as if nothing had happened, which would keep its supervisor from starting it again. Method: it
    /// is stopped until the other one says that it is dead, and goes on.
    /// </summary>
    [Fact]
    public async Task Silo_VotedOutDuringAPause_LooksAndEnds()
    {
        // So that only the look after the pause can tell it in time.
        var settings = shared.NewCluster() with { More = ["--EventCluster:Cluster:TableRefresh", "3600", "--EventCluster:LogFormat", "json"] };
        await using var owner = await SiloProcess.StartAsync(settings, Cancellation);
        await using var edge = await SiloProcess.StartAsync(settings with { Role = "edge", SiloPort = FreePort.Next(), GatewayPort = FreePort.Next() }, Cancellation);

        await edge.PauseUntilAsync(() => Phase.UntilAsync(
            "the edge counts as dead", () => IsOneDeadAsync(settings), static () => { }, Cancellation));
        await edge.UntilEndedAsync();

        const int LeftCluster = 3;
        Assert.Contains("stood still for", edge.Output, StringComparison.Ordinal);
        Assert.Contains("was voted out of the cluster by", edge.Output, StringComparison.Ordinal);
        Assert.Equal(LeftCluster, edge.ExitCode);
        Assert.All(edge.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), static line => JsonDocument.Parse(line).Dispose());
        await owner.UntilSaysAsync("was voted out of the cluster by", Cancellation);
        Assert.False(owner.HasEnded);
    }

    private static async Task<bool> IsOneDeadAsync(SiloSettings settings)
    {
        const int Dead = 6;
        await using var source = NpgsqlDataSource.Create(settings.ConnectionString);
        await using var count = source.CreateCommand($"SELECT count(*) FROM {settings.Schema}.cluster_silos WHERE status = {Dead}");
        return (long)(await count.ExecuteScalarAsync(Cancellation))! == 1;
    }
}
