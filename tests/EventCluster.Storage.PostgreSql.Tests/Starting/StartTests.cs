using EventCluster.Abstractions;
using EventCluster.Storage.PostgreSql.Schema;
using EventCluster.Storage.PostgreSql.Tests.Servers;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Starting;

/// <summary>Databases that cannot be this store, each with a clear answer.</summary>
public sealed class StartTests(SharedServer shared) : StoreTest(shared)
{
    [Fact]
    public async Task Open_ManyNodesAtOnce_MakeOneSchema()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => OpenStoreAsync()));

        Assert.All(stores, store => Assert.Equal(Durability.Flushed, store.Durability));
        Assert.Equal(1, await AskAsync<long>("SELECT count(*) FROM $S.store"));
        await CreateAsync(stores[0], "a", "1");
        Assert.Equal("1", await TextAsync(stores[5], "a"));
    }

    [Theory]
    [InlineData(1, false, true)]
    [InlineData(2, false, false)]
    [InlineData(1, true, false)]
    public async Task Open_NewerSchema_IsRefusedUnlessTheNextOneThatStillServesThisBuild(int newerBy, bool servesNewOnly, bool accepted)
    {
        await OpenStoreAsync();
        var version = Migrations.Newest + newerBy;
        var oldest = servesNewOnly ? version : Migrations.OldestBinary;
        await DoAsync($"UPDATE $S.store SET version = {version}, oldest_binary = {oldest}");

        if (accepted)
        {
            await CreateAsync(await OpenStoreAsync(), "a", "1");
            Assert.Equal(version, await AskAsync<int>("SELECT version FROM $S.store"));
        }
        else
        {
            var refusal = await Assert.ThrowsAsync<PostgreSqlUnusableException>(() => OpenStoreAsync());
            Assert.Contains($"version {version}", refusal.Message, StringComparison.Ordinal);
            Assert.Contains($"supports 1 to {Migrations.Newest + 1}", refusal.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>
    /// Goal: a binary from before identities, which cannot be changed any more, refuses the data with its one line. Method: the
    /// statement that such a binary sends, and the rule by which it decides, for each schema that it may have been made for.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Open_ByABinaryBeforeIdentities_IsRefusedByWhatItReads(int newestOfThatBinary)
    {
        await OpenStoreAsync();

        var row = await AskAsync<string>(
            "SELECT version || ' ' || oldest_binary || ' ' || cluster_id FROM (SELECT version, oldest_binary, cluster_id FROM $S.store) s");
        var parts = row.Split(' ');
        var (version, oldest) = (int.Parse(parts[0], null), int.Parse(parts[1], null));

        Assert.Equal(Options.ClusterId, parts[2]);
        Assert.True(oldest > newestOfThatBinary || version > newestOfThatBinary + 1);
        Assert.True(oldest > newestOfThatBinary, "whatever comes later must keep them out, too");
        Assert.True(IdentityMigration.Version > newestOfThatBinary);
    }

    [Fact]
    public async Task Open_AnotherClustersData_IsRefusedNamingBoth()
    {
        await OpenStoreAsync();
        await DoAsync("UPDATE $S.store SET cluster_id = 'north'");

        var refusal = await Assert.ThrowsAsync<PostgreSqlUnusableException>(() => OpenStoreAsync());

        Assert.Contains("'north'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("'eventcluster'", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Options", "-c synchronous_commit=off", "synchronous_commit=off")]
    [InlineData("Password", "wrong", "password authentication failed")]
    [InlineData("Database", "missing", "does not exist")]
    [InlineData("Port", "none", "connection string")]
    public async Task Open_UnusableConnection_IsRefusedAtOnce(string key, string value, string expected)
    {
        var refusal = await Assert.ThrowsAsync<PostgreSqlUnusableException>(
            () => OpenStoreAsync($"{Options.ConnectionString};{key}={value}"));

        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_FaultyOptions_NamesAllOfThem()
    {
        var options = new PostgreSqlOptions { ConnectionString = "", Schema = "No", ClusterId = " ", MaxConnections = 0 };

        var fault = await Assert.ThrowsAsync<ArgumentException>(() => PostgreSqlLogStore.OpenAsync(
            options, TimeProvider.System, NullLogger<PostgreSqlLogStore>.Instance, Cancellation));

        Assert.All(
            ["ConnectionString", "Schema", "ClusterId", "MaxConnections"],
            name => Assert.Contains(name, fault.Message, StringComparison.Ordinal));
    }

    /// <summary>Goal: after a restore no position of the lost end is ever served by other events.</summary>
    [Fact]
    public async Task Open_Restored_OpensNewHistoriesAndEndsOldOwners()
    {
        // An owner that the database takes for dead: it lost the session that says that it lives, and has not noticed yet.
        Options = Shared.NewStore(identityCheck: TimeSpan.FromDays(1));
        var store = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a", "1 2");
        await CreateAsync(store, "b");
        var lost = await store.DrawIncarnationAsync(Cancellation);
        await EndAliveSessionsAsync();

        await using (var restored = await RestoreAsync())
        {
            var a = (await restored.GetHeadAsync(owner.Name, Cancellation))!;
            var b = (await restored.GetHeadAsync(TestData.Name("b"), Cancellation))!;
            Assert.Equal((2, 2L), (a.Incarnations.Count, a.Incarnations.Latest.FirstSequence));
            Assert.True(a.Incarnations.Latest.Incarnation > lost);
            Assert.NotEqual(a.Incarnations.Latest.Incarnation, b.Incarnations.Latest.Incarnation);
            Assert.True(await restored.DrawIncarnationAsync(Cancellation) > b.Incarnations.Latest.Incarnation);
            Assert.Equal("1 2", await TextAsync(restored, "a"));
        }

        Assert.Equal(
            EventCluster.Abstractions.Store.CommitStatus.Conflict, await owner.SendAsync(owner.Next("stale")));
    }

    /// <summary>Goal: no more rights than needed. Method: an ordinary role that owns a schema and may make none.</summary>
    [Fact]
    public async Task Open_OrdinaryRoleWithASchemaOfItsOwn_IsEnough()
    {
        var user = new NpgsqlConnectionStringBuilder(Options.ConnectionString) { Username = $"u_{Options.Schema}" };
        await DoAsync(
            $"CREATE ROLE {user.Username} LOGIN PASSWORD '{user.Password}'; CREATE SCHEMA $S AUTHORIZATION {user.Username}");

        var store = await OpenStoreAsync(user.ConnectionString);

        await CreateAsync(store, "a", "1");
        Assert.Equal("1", await TextAsync(store, "a"));
    }

    /// <summary>Goal: the session's setting counts, also one that appears while the store is open.</summary>
    [Fact]
    public async Task Commit_OnAConnectionThatDoesNotFlush_IsNeverAcknowledged()
    {
        var user = new NpgsqlConnectionStringBuilder(Options.ConnectionString) { Username = $"u_{Options.Schema}" };
        await DoAsync($"CREATE ROLE {user.Username} SUPERUSER LOGIN PASSWORD '{user.Password}'");
        var store = await OpenStoreAsync(user.ConnectionString);
        var owner = await EventCluster.Conformance.Store.LogStoreOwner.OpenAsync(store, "a", Cancellation);

        await DoAsync(
            $"ALTER ROLE {user.Username} SET synchronous_commit = off; "
            + $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{user.Username}'");

        // What was connected is cut and noticed when it is used; what is connected anew is checked.
        await Phase.UntilAsync("readiness says why", () => store.Health.Reason?.Contains("synchronous_commit", StringComparison.Ordinal) == true, Cancellation);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(EventCluster.Abstractions.Store.CommitStatus.Unreachable, await owner.SendAsync(owner.Next("1")));
        }

        await DoAsync($"ALTER ROLE {user.Username} SET synchronous_commit = on");
        Assert.Null(await store.GetHeadAsync(owner.Name, Cancellation));
    }
}
