using EventCluster.Silo.Tests.Processes;
using EventCluster.TestKit.Servers;
using Npgsql;
using Xunit;

namespace EventCluster.Silo.Tests.States;

/// <summary>Starts that cannot succeed, or not yet: a clear answer each.</summary>
public sealed class StartStateTests(SharedServer shared)
{
    private const int CannotStart = 2;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Goal: a silo that comes before its database waits for it. Method: the server is down at first.</summary>
    [Fact]
    public async Task StoreUnreachable_SaysSoOnceWithoutAStackTrace_AndServesWhenItIsThere()
    {
        Assert.SkipWhen(shared.Server.Missing is not null, shared.Server.Missing ?? "");
        await using var server = await PostgreSqlServer.StartAsync();
        await server.DownAsync();
        await using var silo = SiloProcess.Launch(new SiloSettings(server.ConnectionString, "states"));
        await silo.UntilSaysAsync("cannot be reached", Cancellation);
        Assert.False(silo.HasEnded, silo.Output);

        await server.UpAsync();
        await silo.UntilReadyAsync(Cancellation);

        Assert.Equal(1, CountOf("cannot be reached", silo.Output));
        Assert.Equal(0, CountOf("   at ", silo.Output));
    }

    /// <summary>Goal: what an operator can get wrong in a running cluster ends the start with one line that names it.</summary>
    [Fact]
    public async Task TakenPort_AnotherClustersData_NewerSchema_AreRefusedWithOneLineEach()
    {
        var settings = shared.NewCluster();
        await using var running = await SiloProcess.StartAsync(settings, Cancellation);

        await AssertRefusedAsync(settings with { SiloPort = settings.SiloPort }, $"port {settings.SiloPort}", "SiloPort");
        await AssertRefusedAsync(settings with { ClusterId = "south", SiloPort = FreePort.Next(), GatewayPort = FreePort.Next() }, "'states'", "'south'");
        await DoAsync(settings, "UPDATE $S.store SET version = 99, oldest_binary = 99");
        await AssertRefusedAsync(settings with { SiloPort = FreePort.Next(), GatewayPort = FreePort.Next() }, "version 99", "supports 1 to");

        Assert.False(running.HasEnded, running.Output);
    }

    /// <summary>Goal: a database that answers, but not as it must, ends the start with one line.</summary>
    [Theory]
    [InlineData("a role without CREATE", "42501")]
    [InlineData("read only", "25006")]
    [InlineData("a wrong password", "28P01")]
    [InlineData("no such database", "3D000")]
    public async Task Database_RefusesTheStart_IsOneLine(string how, string said)
    {
        var settings = shared.NewCluster();
        var connection = new NpgsqlConnectionStringBuilder(settings.ConnectionString);
        switch (how)
        {
            case "a role without CREATE":
                connection.Username = $"{settings.Schema}_role";
                await DoAsync(settings, $"CREATE ROLE {connection.Username} LOGIN PASSWORD '{connection.Password}'");
                break;
            case "read only":
                connection.Options = "-c default_transaction_read_only=on";
                break;
            case "a wrong password":
                connection.Password += "x";
                break;
            default:
                connection.Database = "nosuch";
                break;
        }

        var (exitCode, output) = await SiloProcess.RefuseAsync(settings with { ConnectionString = connection.ConnectionString });

        Assert.Equal(CannotStart, exitCode);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.Contains(said, Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    private static async Task AssertRefusedAsync(SiloSettings settings, params string[] said)
    {
        var (exitCode, output) = await SiloProcess.RefuseAsync(settings);

        var line = Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(CannotStart, exitCode);
        Assert.All(said, part => Assert.Contains(part, line, StringComparison.Ordinal));
    }

    private static async Task DoAsync(SiloSettings settings, string sql)
    {
        await using var source = NpgsqlDataSource.Create(settings.ConnectionString);
        await using var command = source.CreateCommand(sql.Replace("$S", settings.Schema, StringComparison.Ordinal));
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static int CountOf(string text, string output) => output.Split(text).Length - 1;
}
