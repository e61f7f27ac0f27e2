using EventCluster.Silo.Tests.Processes;
using EventCluster.TestKit.Servers;
using Npgsql;
using Xunit;

namespace EventCluster.Silo.Tests.States;

/// <summary>Silos whose data are, or become, those of another cluster (CORRECTNESS rule 29).</summary>
public sealed class IdentityStateTests(SharedServer shared)
{
    private const int CannotStart = 2;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Goal: an operator who restores what is in use is told by whom, and nothing changes; once all have left, it goes.</summary>
    [Fact]
    public async Task Restored_IsRefusedWithOneLineWhileSilosLive_AndGoesWhenTheyHaveLeft()
    {
        var settings = shared.NewCluster() with { More = ["--EventCluster:NodeName=backlog-7"] };
        var restoring = settings with { SiloPort = FreePort.Next(), GatewayPort = FreePort.Next(), More = ["--restored"] };
        var before = "";
        await using (var running = await SiloProcess.StartAsync(settings, Cancellation))
        {
            before = await AskAsync(settings, "SELECT id FROM $S.cluster");
            var (exitCode, output) = await SiloProcess.RefuseAsync(restoring);

            var line = Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Assert.Equal(CannotStart, exitCode);
            Assert.Contains("backlog-7", line, StringComparison.Ordinal);
            Assert.Equal(before, await AskAsync(settings, "SELECT id FROM $S.cluster"));
            Assert.False(running.HasEnded, running.Output);
            Assert.Contains(before, running.Output, StringComparison.Ordinal);

            // A kill leaves the row of the membership; that is no proof of life.
            await running.KillAsync();
        }

        Assert.Equal("1", await AskAsync(settings, "SELECT count(*)::text FROM $S.cluster_silos WHERE status <> 6"));
        await using var restored = await SiloProcess.StartAsync(restoring with { SiloPort = FreePort.Next(), GatewayPort = FreePort.Next() }, Cancellation);
        var after = await AskAsync(settings, "SELECT id FROM $S.cluster");
        Assert.NotEqual(before, after);
        Assert.Equal(after, await AskAsync(settings, "SELECT DISTINCT cluster FROM $S.cluster_silos"));
        Assert.Contains(after, restored.Output, StringComparison.Ordinal);
    }

    /// <summary>Goal: a silo whose data are exchanged under it ends by itself. Method: the row of the identity changes.</summary>
    [Theory]
    [InlineData("backlog")]
    [InlineData("edge")]
    [InlineData("both")]
    public async Task Running_TheStoreShowsAnotherIdentity_EndsWithOneLineAndExitCodeTwo(string role)
    {
        var settings = shared.NewCluster() with { Role = role };
        await using var silo = SiloProcess.Launch(settings);

        // An edge alone is not ready: nobody hosts streams.
        await silo.UntilSaysAsync("listens on", Cancellation);
        await AskAsync(settings, "WITH changed AS (UPDATE $S.identity SET id = gen_random_uuid() RETURNING 1) SELECT 'done'");

        await silo.UntilEndedAsync();
        Assert.Equal(CannotStart, silo.ExitCode);
        Assert.Single(silo.Output.Split('\n'), line => line.Contains("another cluster", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", silo.Output, StringComparison.Ordinal);
    }

    /// <summary>Goal: rolling restarts and scale to zero keep the identity, and with it the cluster.</summary>
    [Fact]
    public async Task Identity_AcrossARollingRestartAndScaleToZero_StaysTheSame()
    {
        var settings = shared.NewCluster();
        string id;
        await using (var first = await SiloProcess.StartAsync(settings, Cancellation))
        {
            id = await AskAsync(settings, "SELECT id FROM $S.cluster");
            await using var second = await SiloProcess.StartAsync(settings with { SiloPort = FreePort.Next(), GatewayPort = FreePort.Next() }, Cancellation);
            await first.KillAsync();
            await using var third = await SiloProcess.StartAsync(settings with { SiloPort = FreePort.Next(), GatewayPort = FreePort.Next() }, Cancellation);
            Assert.Equal(id, await AskAsync(settings, "SELECT DISTINCT cluster FROM $S.cluster_silos"));
        }

        await using var later = await SiloProcess.StartAsync(settings with { SiloPort = FreePort.Next(), GatewayPort = FreePort.Next() }, Cancellation);
        Assert.Equal(id, await AskAsync(settings, "SELECT DISTINCT cluster FROM $S.cluster_silos"));
        Assert.Contains(id, later.Output, StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(SiloSettings settings, string sql)
    {
        await using var source = NpgsqlDataSource.Create(settings.ConnectionString);
        await using var command = source.CreateCommand(sql.Replace("$S", settings.Schema, StringComparison.Ordinal));
        return (string)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
