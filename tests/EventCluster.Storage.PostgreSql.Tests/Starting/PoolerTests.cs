using EventCluster.Storage.PostgreSql.Tests.Servers;
using Npgsql;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Starting;

/// <summary>PgBouncer in between: sessions of the store's own work, borrowed ones are refused at the start.</summary>
public sealed class PoolerTests(SharedServer shared) : StoreTest(shared)
{
    [Theory]
    [InlineData("server_round_robin = 0")]
    [InlineData("server_round_robin = 1")]
    [InlineData("server_reset_query =")]
    public async Task SessionMode_Works(string setting)
    {
        await using var bouncer = await PgBouncer.StartAsync(Shared.Server.ConnectionString, "session", setting);
        for (var round = 0; round < 3; round++)
        {
            // Each round gets server sessions that the one before has used and prepared its statements on.
            await using var store = await PostgreSqlLogStore.OpenAsync(
                Shared.NewStore(schema: Options.Schema, connectionString: bouncer.ConnectionString, connectsAtStart: true),
                TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<PostgreSqlLogStore>.Instance, Cancellation);
            for (var i = 0; i < 10; i++)
            {
                await CreateAsync(store, $"r{round}s{i}", "1 2", "3");
                Assert.Equal("1 2 3", await TextAsync(store, $"r{round}s{i}"));
            }

            Assert.Null(store.Health.NotReadyReason);
        }
    }

    [Theory]
    [InlineData("transaction", "server_round_robin = 0", 0)]
    [InlineData("transaction", "server_round_robin = 1", 0)]
    [InlineData("transaction", "server_round_robin = 0", 8)]
    [InlineData("transaction", "server_round_robin = 1", 8)]
    [InlineData("statement", "server_round_robin = 0", 0)]
    public async Task OtherModes_AreRefusedAtTheStart(string mode, string setting, int othersBefore)
    {
        await using var bouncer = await PgBouncer.StartAsync(Shared.Server.ConnectionString, mode, setting);
        await using (var others = NpgsqlDataSource.Create(bouncer.ConnectionString))
        {
            // Sessions that are idle at the pooler when the store comes.
            await Task.WhenAll(Enumerable.Range(0, othersBefore).Select(async _ =>
            {
                await using var command = others.CreateCommand("SELECT pg_sleep(0.2)");
                await command.ExecuteNonQueryAsync(Cancellation);
            }));
        }

        var refusal = await Assert.ThrowsAsync<PostgreSqlUnusableException>(() => OpenStoreAsync(bouncer.ConnectionString));

        Assert.Contains("pool_mode=session", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>An operator who forbids prepared statements has the last word.</summary>
    [Theory]
    [InlineData("", true)]
    [InlineData(";Max Auto Prepare=0", false)]
    public async Task MaxAutoPrepare_OfTheConnectionString_Holds(string setting, bool isPrepared)
    {
        var store = await OpenStoreAsync(Shared.Server.ConnectionString + setting);
        var owner = await CreateAsync(store, "a", "1", "2", "3");
        await DoAsync(
            """
            CREATE FUNCTION $S.prepared() RETURNS trigger LANGUAGE plpgsql AS
              $$ BEGIN
                PERFORM set_config('application_name', 'prepared ' || (SELECT count(*) FROM pg_prepared_statements), false);
                RETURN new;
              END $$;
            CREATE TRIGGER prepared BEFORE INSERT ON $S.blocks FOR EACH ROW EXECUTE FUNCTION $S.prepared();
            """);
        for (var i = 0; i < 20; i++)
        {
            await owner.AppendAsync($"{i}");
        }

        var prepared = await AskAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'prepared %' AND application_name <> 'prepared 0'");
        Assert.Equal(isPrepared, prepared > 0);
    }
}
