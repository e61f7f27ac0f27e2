using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core;
using EventCluster.Storage.PostgreSql.Tests.Servers;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Faults;

/// <summary>What the server is configured to, while the store is open, on a server of its own.</summary>
public sealed class DurabilityTests(SharedServer shared) : IAsyncLifetime
{
    private PostgreSqlServer _server = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(shared.Server.Missing is not null, shared.Server.Missing ?? "");
        _server = await PostgreSqlServer.StartAsync();
    }

    public ValueTask DisposeAsync() => _server is null ? ValueTask.CompletedTask : _server.DisposeAsync();

    /// <summary>Goal: an append that a power cut would lose is not acknowledged. Method: the setting is loaded under sessions in use.</summary>
    [Fact]
    public async Task SynchronousCommit_TurnedOffByAReload_IsNoticed()
    {
        await using var store = await OpenStoreAsync();
        await using var directory = NewDirectory(store);
        var stream = directory.GetStream(TestData.Name("s"));
        await stream.NewAsync();
        await stream.PutAsync("a");
        await DoAsync("ALTER SYSTEM SET synchronous_commit = off");
        await DoAsync("SELECT pg_reload_conf()");

        // How soon the server's processes take the setting over is their affair: what is acknowledged until then is flushed.
        var kept = new List<string> { "a" };
        await Phase.UntilAsync(
            "an append is not acknowledged",
            async () =>
            {
                var text = $"after{kept.Count}";
                if (await stream.SendAsync(new AppendRequest { Events = TestData.Payloads(text) }) is not AppendOutcome.Appended)
                {
                    return true;
                }

                kept.Add(text);
                return false;
            },
            static () => { },
            Cancellation);

        // As after a power cut: the server's memory is lost at once.
        await _server.CrashAsync();
        await Phase.UntilAsync(
            "readiness says why",
            () => store.Health.NotReadyReason?.Contains("synchronous_commit=off", StringComparison.Ordinal) == true, Cancellation);
        await DoAsync("ALTER SYSTEM RESET synchronous_commit");
        await DoAsync("SELECT pg_reload_conf()");
        await Phase.UntilAsync("ready again", () => store.Health.NotReadyReason is null, Cancellation);
        await stream.PutAsync("b");
        kept.Add("b");
        Assert.Equal(kept, await stream.TextsAsync());
    }

    /// <summary>Goal: the session decides, and is never weaker than flushed. Method: each setting of the server, loaded at once.</summary>
    [Theory]
    [InlineData("local", "on")]
    [InlineData("remote_write", "on")]
    [InlineData("on", "on")]
    [InlineData("remote_apply", "remote_apply")]
    public async Task SynchronousCommit_OfTheServer_IsRaisedPerSession(string configured, string expected)
    {
        await DoAsync($"ALTER SYSTEM SET synchronous_commit = {configured}");
        await DoAsync("SELECT pg_reload_conf()");
        await DoAsync(
            """
            CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS
              $$ BEGIN PERFORM set_config('application_name', current_setting('synchronous_commit'), false); RETURN new; END $$
            """);
        await using var store = await OpenStoreAsync();
        await DoAsync("CREATE TRIGGER seen BEFORE INSERT ON eventcluster.blocks FOR EACH ROW EXECUTE FUNCTION seen()");
        await using var directory = NewDirectory(store);
        var stream = directory.GetStream(TestData.Name("s"));
        await stream.NewAsync();
        await stream.PutAsync("a");

        await using var source = NpgsqlDataSource.Create(_server.ConnectionString);
        await using var ask = source.CreateCommand($"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{expected}'");
        Assert.Equal(1L, await ask.ExecuteScalarAsync(Cancellation));
    }

    private async Task DoAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(_server.ConnectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private Task<PostgreSqlLogStore> OpenStoreAsync() => PostgreSqlLogStore.OpenAsync(
        new PostgreSqlOptions { ConnectionString = _server.ConnectionString, ConnectsAtStart = true },
        TimeProvider.System, NullLogger<PostgreSqlLogStore>.Instance, Cancellation);

    private static LocalStreamDirectory NewDirectory(PostgreSqlLogStore store) => new(
        store, new LocalStreamDirectoryOptions(), TimeProvider.System, new Random(1), NullLogger<LocalStreamDirectory>.Instance);
}
