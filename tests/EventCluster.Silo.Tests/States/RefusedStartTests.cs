using EventCluster.Silo.Tests.Access;
using EventCluster.Silo.Tests.Processes;
using EventCluster.Storage.PostgreSql.Tests.Servers;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Npgsql;
using Xunit;

namespace EventCluster.Silo.Tests.States;

/// <summary>
/// Every start that is refused, at the default log level: the operator sees one line and exit code 2, and nothing beside it that looks
/// like a crash (<see cref="SiloProcess.AssertRefusedAsync"/>). Whatever the node that runs already notices, it goes on.
/// </summary>
public sealed class RefusedStartTests(SharedServer shared) : IDisposable
{
    private const string Secret = "0123456789abcdef0123456789abcdef";
    private const string OtherSecret = "fedcba9876543210fedcba9876543210";

    private readonly PeerCertificates _strangers = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("the port between nodes is taken", "SiloPort")]
    [InlineData("the port for publishers is taken", "GatewayPort")]
    [InlineData("the port for HTTP is taken", "--urls")]
    [InlineData("the name of another cluster", "belongs to the cluster 'states'")]
    [InlineData("a newer schema", "start a newer version")]
    [InlineData("data that were drawn elsewhere", "--restored")]
    [InlineData("--restored beside a living node", "Stop")]
    [InlineData("another secret", "cannot join the cluster")]
    [InlineData("no secret", "cannot join the cluster")]
    [InlineData("certificates of strangers", "cannot join the cluster")]
    [InlineData("another machine has the place", "lives in this cluster")]
    public async Task BesideANodeThatRuns_IsOneLine(string fault, string said)
    {
        var first = shared.NewCluster() with { More = [$"--EventCluster:Cluster:Secret={Secret}"] };
        await using var running = await SiloProcess.StartAsync(first, Cancellation);
        var second = first with { SiloPort = FreePort.Next(), GatewayPort = FreePort.Next() };
        second = fault switch
        {
            "the port between nodes is taken" => second with { SiloPort = first.SiloPort },
            "the port for publishers is taken" => second with { GatewayPort = first.GatewayPort },
            "the port for HTTP is taken" => second with { Url = running.Url },
            "the name of another cluster" => second with { ClusterId = "south" },
            "--restored beside a living node" => second with { More = [.. second.More, "--restored"] },
            "another secret" => second with { More = [$"--EventCluster:Cluster:Secret={OtherSecret}"] },
            "no secret" => second with { More = [] },
            "certificates of strangers" => second with
            {
                More = [.. second.More, $"--EventCluster:Cluster:Tls:CertificatePath={_strangers.Write("node")}", $"--EventCluster:Cluster:Tls:AuthorityPath={_strangers.AuthorityPath}"],
            },
            _ => second,
        };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var moving = Task.CompletedTask;
        switch (fault)
        {
            case "a newer schema":
                await DoAsync(first, "UPDATE $S.store SET version = 99, oldest_binary = 99");
                break;
            case "data that were drawn elsewhere":
                await DoAsync(first, "UPDATE $S.identity SET medium = 'system identifier 1, database oid 1'");
                break;
            case "another machine has the place":
                moving = LiveAtAsync(first, second.SiloPort, stop.Token);
                break;
        }

        Assert.Contains(said, await SiloProcess.AssertRefusedAsync(second), StringComparison.Ordinal);
        await stop.CancelAsync();
        await moving;
        Assert.False(running.HasEnded, running.Output);
    }

    [Theory]
    [InlineData("a role without CREATE", "42501")]
    [InlineData("read only", "25006")]
    [InlineData("a wrong password", "28P01")]
    [InlineData("no such database", "3D000")]
    [InlineData("a pooler that lends sessions by transaction", "pool_mode=session")]
    [InlineData("commits that do not wait for the disk", "synchronous_commit")]
    [InlineData("no connection string that can be read", "connection string cannot be used")]
    public async Task Database_ThatCannotBeTheStore_IsOneLine(string fault, string said)
    {
        var settings = shared.NewCluster();
        var connection = new NpgsqlConnectionStringBuilder(settings.ConnectionString);
        PgBouncer? pooler = null;
        switch (fault)
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
            case "no such database":
                connection.Database = "nosuch";
                break;
            case "commits that do not wait for the disk":
                connection.Options = "-c synchronous_commit=off";
                break;
            case "a pooler that lends sessions by transaction":
                pooler = await PgBouncer.StartAsync(settings.ConnectionString, "transaction", "server_round_robin = 1");
                connection = new NpgsqlConnectionStringBuilder(pooler.ConnectionString);
                break;
        }

        var text = fault.StartsWith("no connection", StringComparison.Ordinal) ? "Host=;Nonsense" : connection.ConnectionString;
        Assert.Contains(said, await SiloProcess.AssertRefusedAsync(settings with { ConnectionString = text }), StringComparison.Ordinal);
        if (pooler is not null)
        {
            await pooler.DisposeAsync();
        }
    }

    /// <summary>One that is voted out while it joins only comes too late: it is to be started again, which its exit code says.</summary>
    [Fact]
    public async Task VotedOutWhileItJoins_IsOneLineAndAnExitCodeThatSaysStartAgain()
    {
        const int LeftCluster = 3;
        var settings = shared.NewCluster() with { ProbeTimeout = TimeSpan.FromSeconds(0.5) };
        await using var running = await SiloProcess.StartAsync(settings, Cancellation);
        await using var joining = SiloProcess.Launch(settings with { SiloPort = FreePort.Next(), GatewayPort = FreePort.Next() });

        // It joins only when the other one answers; then it is the one that does not.
        await running.PauseAsync();
        await UntilAsync(settings, "status IN (1, 2)");
        await joining.PauseAsync();
        await running.ResumeAsync();
        await UntilAsync(settings, "status = 6");
        await joining.ResumeAsync();
        await joining.UntilEndedAsync();

        Assert.Equal(LeftCluster, joining.ExitCode);
        var line = Assert.Single(joining.Output.Split('\n'), static line => line.StartsWith("eventcluster: ", StringComparison.Ordinal));
        Assert.Contains("was voted out of the cluster by", line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", joining.Output, StringComparison.Ordinal);
        Assert.False(running.HasEnded, running.Output);
    }

    /// <summary>A database that is away is no refusal: the start waits, with one line.</summary>
    [Fact]
    public async Task DatabaseAway_WaitsWithoutAStackAndServesWhenItIsBack()
    {
        var settings = shared.NewCluster();
        await using var relay = new TcpRelay(shared.Server.Port);
        relay.Refuse(true);
        var connection = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Port = relay.Port };
        await using var silo = SiloProcess.Launch(settings with { ConnectionString = connection.ConnectionString });
        await silo.UntilSaysAsync("cannot be reached", Cancellation);
        Assert.False(silo.HasEnded, silo.Output);

        relay.Refuse(false);
        await silo.UntilReadyAsync(Cancellation);
        Assert.DoesNotContain("   at ", silo.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("eventcluster: ", silo.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _strangers.Dispose();

    /// <summary>Signs of life of a silo of another machine at this one's place.</summary>
    private static async Task LiveAtAsync(SiloSettings settings, int port, CancellationToken cancellationToken)
    {
        const string Columns = "cluster, port, generation, silo_name, host_name, status, gateway_port, suspicions, started";
        await DoAsync(
            settings,
            $"INSERT INTO $S.cluster_silos ({Columns}, address, alive) "
            + $"SELECT cluster, {port}, generation + 1, 'elsewhere', 'another-machine', status, 0, suspicions, started, address, alive FROM $S.cluster_silos");
        while (!cancellationToken.IsCancellationRequested)
        {
            await DoAsync(settings, "UPDATE $S.cluster_silos SET alive = now(), status = 3 WHERE silo_name = 'elsewhere'");
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, CancellationToken.None);
        }
    }

    private static async Task UntilAsync(SiloSettings settings, string condition)
    {
        await using var source = NpgsqlDataSource.Create(settings.ConnectionString);
        await Phase.UntilAsync($"a silo has {condition}", IsSoAsync, static () => { }, Cancellation);

        async Task<bool> IsSoAsync()
        {
            await using var command = source.CreateCommand($"SELECT count(*) FROM {settings.Schema}.cluster_silos WHERE {condition}");
            return (long)(await command.ExecuteScalarAsync(Cancellation))! > 0;
        }
    }

    private static async Task DoAsync(SiloSettings settings, string sql)
    {
        await using var source = NpgsqlDataSource.Create(settings.ConnectionString);
        await using var command = source.CreateCommand(sql.Replace("$S", settings.Schema, StringComparison.Ordinal));
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
