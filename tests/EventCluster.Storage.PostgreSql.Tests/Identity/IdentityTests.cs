using EventCluster.Abstractions.Store;
using EventCluster.Storage.PostgreSql.Schema;
using EventCluster.Storage.PostgreSql.Tests.Servers;
using EventCluster.TestKit;
using Npgsql;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Identity;

/// <summary>Whose the data are, against a real server: what a copy carries and what it cannot (CORRECTNESS rule 29).</summary>
public sealed class IdentityTests(SharedServer shared) : StoreTest(shared)
{
    private const int Before = IdentityMigration.Version - 1;

    [Fact]
    public async Task Identity_ManyNodesAtOnceAndLaterOnes_IsDrawnOnceAndKept()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => OpenStoreAsync()));
        var id = Assert.Single(stores.Select(store => store.Identity.Id).Distinct());
        Assert.Matches("^[0-9a-f]{32}$", id);
        foreach (var store in stores)
        {
            await store.DisposeAsync();
        }

        // Scaled to zero and back.
        Assert.Equal(id, (await OpenStoreAsync()).Identity.Id);
        Assert.Equal(id, await AskAsync<string>("SELECT replace(id::text, '-', '') FROM $S.identity"));
    }

    /// <summary>Each part of the place alone, as a dump restored elsewhere has it, then with what <c>--restored</c> makes of it.</summary>
    [Theory]
    [InlineData("system identifier [0-9]+", "system identifier 1")]
    [InlineData("database oid [0-9]+", "database oid 1")]
    public async Task Open_OfACopy_IsRefusedWithOneLineUntilRestored(string part, string other)
    {
        var original = await OpenStoreAsync();
        await CreateAsync(original, "a", "1 2");
        await original.DisposeAsync();
        await DoAsync($"UPDATE $S.identity SET medium = regexp_replace(medium, '{part}', '{other}')");

        for (var attempt = 0; attempt < 2; attempt++)
        {
            var refusal = await Assert.ThrowsAsync<PostgreSqlUnusableException>(() => OpenStoreAsync());
            Assert.Contains("is a copy", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("--restored", refusal.Message, StringComparison.Ordinal);
            Assert.Contains(other, refusal.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("\n", refusal.Message, StringComparison.Ordinal);
        }

        string id;
        await using (var restored = await RestoreAsync())
        {
            id = restored.Identity.Id;
            Assert.NotEqual(original.Identity.Id, id);
            Assert.Equal(original.Identity.Medium, restored.Identity.Medium);
        }

        var after = await OpenStoreAsync();
        Assert.Equal(id, after.Identity.Id);
        Assert.Equal(2, (await after.GetHeadAsync(TestData.Name("a"), Cancellation))!.Incarnations.Count);
    }

    /// <summary>What a dump of the version before identities has: nothing. It is a store that has not drawn its identity yet.</summary>
    [Fact]
    public async Task Open_ASchemaOfTheVersionBefore_DrawsAnIdentityAndKeepsItsStreams()
    {
        var store = await OpenStoreAsync();
        await CreateAsync(store, "a", "1 2");
        await store.DisposeAsync();
        await BecomeTheVersionBeforeAsync();

        var migrated = await OpenStoreAsync();

        Assert.NotEqual(store.Identity.Id, migrated.Identity.Id);
        Assert.Equal("1 2", await TextAsync(migrated, "a"));
        Assert.Single((await migrated.GetHeadAsync(TestData.Name("a"), Cancellation))!.Incarnations);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Restore_WhileNodesOfThisDatabaseLive_IsRefusedNamingThemAndChangesNothing(int nodes)
    {
        var stores = new List<PostgreSqlLogStore>();
        for (var i = 0; i < nodes; i++)
        {
            Options = Shared.NewStore(schema: Options.Schema, nodeName: $"backlog-{i}");
            stores.Add(await OpenStoreAsync());
        }

        await CreateAsync(stores[0], "a", "1 2");

        var refusal = await Assert.ThrowsAsync<PostgreSqlUnusableException>(() => RestoreAsync());

        Assert.All(
            Enumerable.Range(0, nodes), i => Assert.Contains($"backlog-{i}", refusal.Message, StringComparison.Ordinal));
        Assert.DoesNotContain("\n", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(
            stores[0].Identity.Id, await AskAsync<string>("SELECT replace(id::text, '-', '') FROM $S.identity"));
        Assert.Single((await stores[0].GetHeadAsync(TestData.Name("a"), Cancellation))!.Incarnations);
        Assert.All(stores, store => Assert.True(store.Health.AcceptsWrites));

        // All but one have left: the last one is named alone. None: it goes.
        foreach (var store in stores[..^1])
        {
            await store.DisposeAsync();
        }

        refusal = await Assert.ThrowsAsync<PostgreSqlUnusableException>(() => RestoreAsync());
        Assert.Contains($"backlog-{nodes - 1}", refusal.Message, StringComparison.Ordinal);
        Assert.All(
            Enumerable.Range(0, nodes - 1), i => Assert.DoesNotContain($"backlog-{i}", refusal.Message, StringComparison.Ordinal));
        await stores[^1].DisposeAsync();
        await (await RestoreAsync()).DisposeAsync();
    }

    /// <summary>Goal: nodes of another schema, or of a copy of this database, are no reason to refuse.</summary>
    [Fact]
    public async Task Restore_WhileNodesOfAnotherSchemaAndOfACopyLive_Goes()
    {
        var first = await OpenStoreAsync();
        var own = Options;
        Options = Shared.NewStore();
        await OpenStoreAsync();
        Options = own;
        await first.DisposeAsync();
        var copy = $"copy_{Options.Schema}";
        var there = new NpgsqlConnectionStringBuilder(Options.ConnectionString) { Database = copy }.ConnectionString;
        await DoAsync($"CREATE DATABASE {copy}");
        await using (await OpenStoreAsync(there))
        {
            await (await RestoreAsync()).DisposeAsync();
        }
    }

    /// <summary>Goal: whoever restores is alone from the first look to the last write.</summary>
    [Fact]
    public async Task Restore_ByManyAtOnce_OneGoesAndTheOthersAreRefusedOrComeAfterIt()
    {
        await (await OpenStoreAsync()).DisposeAsync();

        var restored = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => Record(() => RestoreAsync(nodeName: $"r{i}"))));

        var stores = restored.OfType<PostgreSqlLogStore>().ToList();
        var store = Assert.Single(stores);
        Assert.Equal(store.Identity.Id, await AskAsync<string>("SELECT replace(id::text, '-', '') FROM $S.identity"));
        await store.DisposeAsync();

        static async Task<object> Record(Func<Task<PostgreSqlLogStore>> open)
        {
            try
            {
                return await open();
            }
            catch (PostgreSqlUnusableException e)
            {
                return e;
            }
        }
    }

    [Fact]
    public async Task Restore_EmptiesTheMembershipOfEveryIdentity()
    {
        await (await OpenStoreAsync()).DisposeAsync();
        await MakeMembershipAsync("north", status: 3);
        await MakeMembershipAsync("south", status: 6);

        await (await RestoreAsync()).DisposeAsync();

        Assert.Equal(0, await AskAsync<long>("SELECT count(*) FROM $S.cluster_silos"));
        Assert.Equal(0, await AskAsync<long>("SELECT count(*) FROM $S.cluster_version"));
    }

    /// <summary>
    /// Goal: a node whose data were exchanged under it serves nothing any more. Method: the row changes, as a restore beside a node
    /// that lost its session, or a dump loaded over the tables, changes it.
    /// </summary>
    [Theory]
    [InlineData("UPDATE $S.identity SET id = gen_random_uuid()")]
    [InlineData("DELETE FROM $S.identity")]
    public async Task Running_TheDataShowAnotherIdentity_HealthIsFinalAndForeign(string exchange)
    {
        var store = await OpenStoreAsync();
        await CreateAsync(store, "a", "1");
        Assert.True(store.Health.AcceptsWrites);

        await DoAsync(exchange);

        await Phase.UntilAsync("the store is foreign", () => store.Health.IsForeign, Cancellation);
        Assert.True(store.Health.IsFinal);
        Assert.Contains(store.Identity.Id, store.Health.NotReadyReason!, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", store.Health.NotReadyReason!, StringComparison.Ordinal);
    }

    /// <summary>Each connection, not only the one that looks: the data are exchanged and every other connection is made anew.</summary>
    [Fact]
    public async Task Running_ANewConnectionShowsAnotherIdentity_ReadsAndWritesNothing()
    {
        Options = Shared.NewStore(
            connectionString: $"{Options.ConnectionString};Application Name=own_{Options.Schema}",
            schema: Options.Schema,
            identityCheck: TimeSpan.FromDays(1));
        var store = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a", "1");
        await DoAsync("UPDATE $S.identity SET id = gen_random_uuid()");
        Assert.False(store.Health.IsForeign);

        await DoAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'own_$S'");
        for (var i = 0; i < 10 && !store.Health.IsForeign; i++)
        {
            // An outcome or an exception says that nothing is known to be written.
            var status = CommitStatus.Refused;
            await Record.ExceptionAsync(async () => status = await owner.SendAsync(owner.Next("lost")));
            Assert.NotEqual(CommitStatus.Committed, status);
        }

        Assert.True(store.Health.IsForeign);
        await Assert.ThrowsAnyAsync<IOException>(async () => await store.GetHeadAsync(owner.Name, Cancellation));
        Assert.Equal(1, await AskAsync<long>("SELECT tail FROM $S.streams WHERE name = 'a'"));
    }

    /// <summary>A node that lost its session takes another one, and is named again.</summary>
    [Fact]
    public async Task Running_TheSessionIsLost_ItIsTakenAgain()
    {
        var store = await OpenStoreAsync();
        var before = await AskAsync<int>($"SELECT l.pid {AliveSessions}");
        await DoAsync($"SELECT pg_terminate_backend({before})");

        await CountBecomesAsync("another session", 1, $"SELECT count(*) {AliveSessions} AND l.pid <> {before}");

        var refusal = await Assert.ThrowsAsync<PostgreSqlUnusableException>(() => RestoreAsync());
        Assert.Contains(Options.NodeName, refusal.Message, StringComparison.Ordinal);
        Assert.True(store.Health.AcceptsWrites);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task Open_AfterSilosOfTheVersionBefore_IsRefusedWhileTheirStampsMove(bool moves, bool isRefused)
    {
        await (await OpenStoreAsync()).DisposeAsync();
        await BecomeTheVersionBeforeAsync();
        await MakeMembershipAsync("eventcluster", status: 3);
        await MakeMembershipAsync("left", status: 6);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var beating = Task.Run(
            async () =>
            {
                while (moves && !ended.IsCancellationRequested)
                {
                    await DoAsync("UPDATE $S.cluster_silos SET alive = clock_timestamp() WHERE status = 3");
                    await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
                }
            },
            Cancellation);
        try
        {
            if (isRefused)
            {
                var refusal = await Assert.ThrowsAsync<PostgreSqlUnusableException>(() => OpenStoreAsync());
                Assert.Contains("backlog-eventcluster", refusal.Message, StringComparison.Ordinal);
                Assert.DoesNotContain("backlog-left", refusal.Message, StringComparison.Ordinal);
                Assert.Equal(Before, await AskAsync<int>("SELECT version FROM $S.store"));
            }
            else
            {
                await OpenStoreAsync();
                Assert.NotEqual(Before, await AskAsync<int>("SELECT version FROM $S.store"));
            }
        }
        finally
        {
            await ended.CancelAsync();
            await beating;
        }
    }

    [Fact]
    public async Task Proof_OfOneDatabase_IsFoundByOthersUntilItIsTakenBack()
    {
        var (one, two) = (await OpenStoreAsync(), await OpenStoreAsync());
        var value = new Guid(1, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.False(await two.HasProofAsync(value, Cancellation));

        await one.WriteProofAsync(value, Cancellation);
        await one.WriteProofAsync(value, Cancellation);
        Assert.True(await two.HasProofAsync(value, Cancellation));
        Assert.False(await two.HasProofAsync(new Guid(2, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]), Cancellation));

        await one.RemoveProofAsync(value, Cancellation);
        Assert.False(await two.HasProofAsync(value, Cancellation));
    }

    [Fact]
    public async Task Proof_LeftBehind_IsSweptWithALaterOne()
    {
        var store = await OpenStoreAsync();
        await store.WriteProofAsync(new Guid(3, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]), Cancellation);
        await DoAsync("UPDATE $S.proofs SET written_at = now() - interval '1 hour'");

        await store.WriteProofAsync(new Guid(4, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]), Cancellation);

        Assert.Equal(1, await AskAsync<long>("SELECT count(*) FROM $S.proofs"));
    }

    /// <summary>What the schema was like before it had an identity.</summary>
    private Task BecomeTheVersionBeforeAsync() => DoAsync(
        $"DROP TABLE $S.identity, $S.proofs CASCADE; UPDATE $S.store SET version = {Before}, oldest_binary = 1");

    private Task MakeMembershipAsync(string cluster, int status) => DoAsync(
        $"""
        CREATE TABLE IF NOT EXISTS $S.cluster_version (cluster text PRIMARY KEY, version integer NOT NULL, changed timestamptz NOT NULL);
        CREATE TABLE IF NOT EXISTS $S.cluster_silos (cluster text NOT NULL REFERENCES $S.cluster_version, address text NOT NULL,
          port integer NOT NULL, generation integer NOT NULL, silo_name text NOT NULL, status integer NOT NULL, alive timestamptz NOT NULL);
        INSERT INTO $S.cluster_version VALUES ('{cluster}', 1, now());
        INSERT INTO $S.cluster_silos VALUES ('{cluster}', '127.0.0.1', 11111, 1, 'backlog-{cluster}', {status}, now());
        """);
}
