using Azure;
using Azure.Data.Tables;
using EventCluster.Storage.AzureTables.Tests.Servers;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Storage.AzureTables.Tests.Identity;

/// <summary>Whose the tables are: what a copy carries and what it cannot (CORRECTNESS rule 29).</summary>
public sealed class IdentityTests(SharedServer shared) : StoreTest(shared)
{
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

        Assert.Equal(id, (await OpenStoreAsync()).Identity.Id);
        Assert.Empty(await QueryAsync(Streams, "PartitionKey eq 'alive' and RowKey lt '0'"));
    }

    /// <summary>Goal: a copy in another account, or under another name, is refused until the operator says what it is.</summary>
    [Theory]
    [InlineData("storage account another, table ")]
    [InlineData("storage account devstoreaccount1, table x")]
    public async Task Open_OfACopy_IsRefusedWithOneLineUntilRestored(string place)
    {
        var original = await OpenStoreAsync();
        var owner = await CreateAsync(original, "a", "1 2");
        await CreateAsync(original, "b");
        await original.DisposeAsync();
        await ChangeIdentityAsync(("Medium", place + Options.Table));
        await AddMemberAsync("old-silo");

        var refusal = await Assert.ThrowsAsync<AzureTablesUnusableException>(() => OpenStoreAsync());
        Assert.Contains("is a copy", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--restored", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", refusal.Message, StringComparison.Ordinal);

        var restored = await OpenStoreAsync(Restoring());
        Assert.NotEqual(original.Identity.Id, restored.Identity.Id);
        var (a, b) = (
            (await restored.GetHeadAsync(owner.Name, Cancellation))!, (await restored.GetHeadAsync(TestData.Name("b"), Cancellation))!);
        Assert.Equal((2, 2L), (a.Incarnations.Count, a.Incarnations.Latest.FirstSequence));
        Assert.Equal(2, b.Incarnations.Count);
        Assert.NotEqual(a.Incarnations.Latest.Incarnation, b.Incarnations.Latest.Incarnation);
        Assert.True(a.Incarnations.Latest.Incarnation > 1 << 24);
        Assert.Empty(await QueryAsync(Members, ""));
        await restored.DisposeAsync();

        Assert.Equal(restored.Identity.Id, (await OpenStoreAsync()).Identity.Id);
        Assert.Equal("1 2", await TextAsync(await OpenStoreAsync(), "a"));
    }

    /// <summary>
    /// Goal: an account that lost acknowledged writes, as after a failover to its other region, is served by nobody until an operator
    /// says so, whoever starts meanwhile (CORRECTNESS rule 28). Method: one node's stamp goes back to what it was earlier; the
    /// identity and every head stay, as they may.
    /// </summary>
    [Fact]
    public async Task Running_TheServiceForgetsWhatItAcknowledged_NobodyServesUntilRestored()
    {
        var stores = new[] { await OpenStoreAsync(Named("one")), await OpenStoreAsync(Named("two")) };
        var owner = await CreateAsync(stores[0], "a", "1 2");
        await Phase.UntilAsync("the stamp has moved", async () => await StampAsync("one") >= 3, static () => { }, Cancellation);
        await Phase.UntilAsync("a stamp goes back while nothing moves it", () => TryTurnBackAsync("one"), static () => { }, Cancellation);

        foreach (var store in stores)
        {
            await Phase.UntilAsync("the store is foreign", () => store.Health.IsForeign, Cancellation);
            Assert.Contains("--restored", store.Health.NotReadyReason!, StringComparison.Ordinal);
            await store.DisposeAsync();
        }

        var refusal = await Assert.ThrowsAsync<AzureTablesUnusableException>(() => OpenStoreAsync());
        Assert.Contains("has lost writes that it had acknowledged", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", refusal.Message, StringComparison.Ordinal);

        var restored = await OpenStoreAsync(Restoring());
        Assert.Equal(2, (await restored.GetHeadAsync(owner.Name, Cancellation))!.Incarnations.Count);
        await restored.DisposeAsync();
        Assert.True((await OpenStoreAsync()).Health.AcceptsWrites);
    }

    /// <summary>Goal: a stamp that is gone, or that somebody else moved on, proves nothing.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(1_000_000L)]
    public async Task Running_TheStampIsGoneOrAhead_GoesOn(long? stamp)
    {
        var store = await OpenStoreAsync(Named("one"));
        var row = (await QueryAsync(Streams, "PartitionKey eq 'alive'")).Single(static row => row.GetString("Name") == "one");
        await (stamp is null
            ? Streams.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, Cancellation)
            : Streams.UpsertEntityAsync(new TableEntity(row.PartitionKey, row.RowKey) { ["Name"] = "one", ["Stamp"] = stamp }, TableUpdateMode.Replace, Cancellation));

        await Phase.UntilAsync("it moves again", async () => await StampAsync("one") is { } now && now != stamp, static () => { }, Cancellation);
        Assert.True(store.Health.AcceptsWrites);
    }

    /// <summary>Goal: only what moves while it is watched is alive; a stamp that was copied, or left by a kill, is not.</summary>
    [Fact]
    public async Task Restore_WhileNodesLive_IsRefusedNamingThem_AndStampsThatDoNotMoveCountForNothing()
    {
        var living = await OpenStoreAsync(Named("backlog-7"));
        await Streams.AddEntityAsync(new TableEntity("alive", "left") { ["Name"] = "killed-1", ["Stamp"] = 5L }, Cancellation);

        var refusal = await Assert.ThrowsAsync<AzureTablesUnusableException>(() => OpenStoreAsync(Restoring()));

        Assert.Contains("backlog-7", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("killed-1", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", refusal.Message, StringComparison.Ordinal);
        Assert.True(living.Health.AcceptsWrites);

        await living.DisposeAsync();
        Assert.NotEqual(living.Identity.Id, (await OpenStoreAsync(Restoring())).Identity.Id);
    }

    [Fact]
    public async Task Open_WhileARestoreHasNotEnded_IsRefused()
    {
        await (await OpenStoreAsync()).DisposeAsync();
        await ChangeIdentityAsync(("Restoring", true));

        var refusal = await Assert.ThrowsAsync<AzureTablesUnusableException>(() => OpenStoreAsync());
        Assert.Contains("--restored", refusal.Message, StringComparison.Ordinal);

        await (await OpenStoreAsync(Restoring())).DisposeAsync();
        await OpenStoreAsync();
    }

    [Theory]
    [InlineData("Id")]
    [InlineData("Medium")]
    [InlineData(null)]
    public async Task Running_TheTablesShowAnotherIdentity_HealthIsFinalAndForeign(string? property)
    {
        var store = await OpenStoreAsync(Named("node"));
        Assert.True(store.Health.AcceptsWrites);

        if (property is null)
        {
            await Streams.DeleteEntityAsync("store", "identity", ETag.All, Cancellation);
        }
        else
        {
            await ChangeIdentityAsync((property, "another"));
        }

        await Phase.UntilAsync("the store is foreign", () => store.Health.IsForeign, Cancellation);
        Assert.Contains(store.Identity.Id, store.Health.NotReadyReason!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Open_AfterSilosOfTheVersionBefore_IsRefusedWhileTheirStampsMove(bool moves)
    {
        await (await OpenStoreAsync()).DisposeAsync();
        await Streams.DeleteEntityAsync("store", "identity", ETag.All, Cancellation);
        await ChangeFormatAsync(("Version", 1), ("OldestBinary", 1));
        await AddMemberAsync("old-silo");
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var beating = Task.Run(
            async () =>
            {
                for (var beat = 0; moves && !ended.IsCancellationRequested; beat++)
                {
                    await AddMemberAsync("old-silo", $"beat {beat}");
                    await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
                }
            },
            Cancellation);
        try
        {
            if (moves)
            {
                var refusal = await Assert.ThrowsAsync<AzureTablesUnusableException>(() => OpenStoreAsync());
                Assert.Contains("old-silo", refusal.Message, StringComparison.Ordinal);
            }
            else
            {
                await OpenStoreAsync();
            }
        }
        finally
        {
            await ended.CancelAsync();
            await beating;
        }
    }

    [Fact]
    public async Task Proof_OfOneTable_IsFoundByOthersUntilItIsTakenBack()
    {
        var (one, two) = (await OpenStoreAsync(), await OpenStoreAsync());
        var value = new Guid(1, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.False(await two.HasProofAsync(value, Cancellation));

        await one.WriteProofAsync(value, Cancellation);
        Assert.True(await two.HasProofAsync(value, Cancellation));
        Assert.False(await two.HasProofAsync(new Guid(2, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]), Cancellation));

        await one.RemoveProofAsync(value, Cancellation);
        Assert.False(await two.HasProofAsync(value, Cancellation));
    }

    private TableClient Members => new(Options.ConnectionString, Options.Table + "members");

    private AzureTablesOptions Restoring() => Shared.NewStore(table: Options.Table, restored: true);

    private AzureTablesOptions Named(string name) => Shared.NewStore(table: Options.Table, nodeName: name);

    private async Task AddMemberAsync(string name, string stamp = "then")
    {
        await Members.CreateIfNotExistsAsync(Cancellation);
        await Members.UpsertEntityAsync(
            new TableEntity("eventcluster", "127.0.0.1-11111-1") { ["SiloName"] = name, ["Status"] = "Active", ["IAmAliveTime"] = stamp },
            TableUpdateMode.Replace,
            CancellationToken.None);
    }

    private Task ChangeIdentityAsync(params (string Name, object Value)[] changes) => ChangeAsync("identity", changes);

    private Task ChangeFormatAsync(params (string Name, object Value)[] changes) => ChangeAsync("format", changes);

    private async Task ChangeAsync(string row, (string Name, object Value)[] changes)
    {
        var entity = new TableEntity("store", row);
        foreach (var (name, value) in changes)
        {
            entity[name] = value;
        }

        await Streams.UpdateEntityAsync(entity, ETag.All, TableUpdateMode.Merge, Cancellation);
    }

    private async Task<long?> StampAsync(string node) =>
        (await QueryAsync(Streams, "PartitionKey eq 'alive'")).Find(row => row.GetString("Name") == node)?.GetInt64("Stamp");

    private async Task<bool> TryTurnBackAsync(string node)
    {
        var row = (await QueryAsync(Streams, "PartitionKey eq 'alive'")).Single(row => row.GetString("Name") == node);
        try
        {
            row["Stamp"] = 1L;
            await Streams.UpdateEntityAsync(row, row.ETag, TableUpdateMode.Replace, Cancellation);
            return true;
        }
        catch (RequestFailedException)
        {
            return false;
        }
    }
}
