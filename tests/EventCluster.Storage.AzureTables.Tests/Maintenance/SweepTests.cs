using Azure.Data.Tables;
using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.Storage.AzureTables.Keys;
using EventCluster.Storage.AzureTables.Tests.Servers;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Storage.AzureTables.Tests.Maintenance;

/// <summary>What commits only marked goes away, and nothing else does.</summary>
public sealed class SweepTests(SharedServer shared) : StoreTest(shared)
{
    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Options = NewStore();
    }

    [Fact]
    public async Task Purged_OfAManyPartBlock_AllItsRowsGoAndTheOthersStay()
    {
        var store = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a", "1 2");
        var large = Protocol.EventBlock.Encode(1, 2, [TestData.Bytes(1, TableLimits.MaxPartBytes)], [TestData.BaseTime]);
        await owner.CommitAsync(owner.Next("x") with { Block = large });
        await owner.AppendAsync("4", "5");

        await owner.CommitAsync(owner.Next() with { Purges = [new SequenceRange(1, 4)] });

        // The first and the last block are purged in part only.
        await UntilAsync("the large block goes", async () => !(await RowsAsync("a")).Exists(row => IsBlock(row) && RowKeys.EndOf(row) == 3));
        Assert.Equal([2, 5], (await RowsAsync("a")).Where(IsBlock).Select(RowKeys.EndOf));
        Assert.Equal(["4", "5"], (await owner.ReadAsync(1, 3, 9)).SelectMany(TestData.Texts));
        await UntilAsync("the note goes", async () => (await NotesAsync()).Count == 1);
    }

    [Fact]
    public async Task Removed_EverythingGoesAndTheFenceStays()
    {
        var store = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a", [.. Enumerable.Range(0, 120).Select(i => $"{i}")]);
        await owner.CommitAsync(owner.Next() with { Producers = [new ProducerEntry("p", 1, 1, 1)], State = new byte[100_000] });

        await owner.RemoveAsync();

        await UntilAsync("the rows go", async () => (await RowsAsync("a")) is ["h"]);
        await UntilAsync("the catalogue's entry goes", async () => (await CatalogueAsync("a")).Count == 0);
        Assert.True((await store.OpenAsync(owner.Name, Cancellation)).Fence > owner.Fence);
    }

    [Fact]
    public async Task Recreated_BeforeTheSweep_LosesOnlyWhatWasThere()
    {
        Options = NewStore(sweepDelay: TimeSpan.FromSeconds(1));
        var store = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a", "1", "2");
        await owner.CommitAsync(owner.Next() with { Producers = [new ProducerEntry("old", 1, 1, 1)] });
        await owner.RemoveAsync();
        await owner.CommitAsync(owner.Create(2, "new") with { Producers = [new ProducerEntry("new", 1, 1, 1)] });

        await UntilAsync("the old rows go", async () => (await RowsAsync("a")).Count == 3);

        Assert.Equal(["new"], (await owner.ReadAsync(2, 0, 9)).SelectMany(TestData.Texts));
        Assert.Equal(["new"], (await store.OpenAsync(owner.Name, Cancellation)).Producers.Select(producer => producer.Id));
        Assert.Single(await CatalogueAsync("a"));
    }

    /// <summary>Goal: names that somebody only asked for do not fill the table, and no fence is ever given twice.</summary>
    [Fact]
    public async Task Forgotten_FencesOfNamesWithoutAStream_StartAboveTheForgottenOnes()
    {
        Options = NewStore(fenceMemory: TimeSpan.Zero);
        var store = await OpenStoreAsync();
        var asked = new[] { "a", "b", "c" };
        List<LogStoreOwner> owners = [];
        foreach (var name in asked)
        {
            await LogStoreOwner.OpenAsync(store, name, Cancellation);
            owners.Add(await LogStoreOwner.OpenAsync(store, name, Cancellation));
        }

        foreach (var name in asked)
        {
            await UntilAsync($"{name} is forgotten", async () => await HeadAsync(name) is null);
        }

        foreach (var owner in owners)
        {
            Assert.Equal(CommitStatus.Conflict, await owner.SendAsync(owner.Next("stale")));
            Assert.True((await store.OpenAsync(owner.Name, Cancellation)).Fence > owner.Fence);
        }

        await UntilAsync("no note is left", async () => (await NotesAsync()).Count == 0);
    }

    /// <summary>
    /// Goal: entries written for commits that never landed are tidied up, and those of commits that may still land are not.
    /// Method: entries are planted as a node that died at the worst moment leaves them.
    /// </summary>
    [Fact]
    public async Task IndexEntries_OfCommitsThatNeverLanded_AreDroppedOnceTheyCannotLand()
    {
        var store = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a", "1");
        var absent = await LogStoreOwner.OpenAsync(store, "b", Cancellation);
        var pending = new Stamp(absent.Fence, 1);
        await Index.AddEntityAsync(new TableEntity(NameKey.Encode("b"), pending.ToString()), Cancellation);
        await Index.AddEntityAsync(new TableEntity(NameKey.Encode("a"), new Stamp(owner.Fence, 1_000).ToString()), Cancellation);
        await Index.AddEntityAsync(new TableEntity(NameKey.Encode("nobody"), pending.ToString()), Cancellation);

        Assert.Equal(["a"], (await store.ListAsync("", null, 9, Cancellation)).Select(head => head.Name.Value));
        await UntilAsync("the entry of nobody goes", async () => (await CatalogueAsync("nobody")).Count == 0);
        Assert.Single(await CatalogueAsync("b"));
        Assert.Equal(2, (await CatalogueAsync("a")).Count);

        await store.OpenAsync(owner.Name, Cancellation);
        await store.OpenAsync(absent.Name, Cancellation);
        Assert.Equal(["a"], (await store.ListAsync("", null, 9, Cancellation)).Select(head => head.Name.Value));
        await UntilAsync("the others go", async () => (await CatalogueAsync("b")).Count == 0 && (await CatalogueAsync("a")).Count == 1);
    }

    [Fact]
    public async Task ListDue_AfterManyMoves_LeavesOneEntry()
    {
        var store = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a");
        for (var due = 100; due <= 500; due += 100)
        {
            await owner.CommitAsync(owner.Next() with { Head = owner.Head with { DueAtMilliseconds = due } });
        }

        Assert.Equal([owner.Name], await store.ListDueAsync(1_000, 9, Cancellation));
        await UntilAsync("one entry is left", async () => (await QueryAsync(Index, "PartitionKey ge 'd' and PartitionKey lt 'e'")).Count == 1);
        Assert.Empty(await store.ListDueAsync(499, 9, Cancellation));
    }

    private static bool IsBlock(string row) => row.StartsWith(RowKeys.Block, StringComparison.Ordinal);

    private Task<List<TableEntity>> CatalogueAsync(string name) => QueryAsync(Index, $"PartitionKey eq '{NameKey.Encode(name)}'");

    private Task<List<TableEntity>> NotesAsync() => QueryAsync(Index, "PartitionKey ge 'w' and PartitionKey lt 'x'");

    private AzureTablesOptions NewStore(TimeSpan sweepDelay = default, TimeSpan? fenceMemory = null) => new()
    {
        ConnectionString = Options.ConnectionString,
        Table = Options.Table,
        HousekeepingInterval = TimeSpan.FromMilliseconds(100),
        SweepDelay = sweepDelay,
        FenceMemory = fenceMemory ?? Options.FenceMemory,
    };
}
