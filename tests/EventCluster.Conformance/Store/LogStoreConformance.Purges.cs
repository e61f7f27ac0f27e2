using EventCluster.Abstractions.Store;
using Xunit;

namespace EventCluster.Conformance.Store;

public abstract partial class LogStoreConformance
{
    [Fact]
    public async Task Purge_PartOfABlock_KeepsItUntilTheRestIsPurged()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1 2 3", "4");

        await PurgeAsync(owner, (0, 1));
        Assert.Equal(["1", "2", "3", "4"], Texts(await owner.ReadAsync(1, 0, 9)));
        await PurgeAsync(owner, (2, 3));
        Assert.Equal(["1", "2", "3", "4"], Texts(await owner.ReadAsync(1, 1, 9)));
        await PurgeAsync(owner, (1, 2));

        Assert.Empty(await owner.ReadAsync(1, 0, 9));
        Assert.Equal(["4"], Texts(await owner.ReadAsync(1, 3, 9)));
        await AssertBlocksAsync(store, owner, 3);
    }

    [Fact]
    public async Task Purge_SameRangeTwice_CountsOnce()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1 2");

        await PurgeAsync(owner, (0, 1), (0, 1));
        await PurgeAsync(owner, (0, 1));

        await AssertBlocksAsync(store, owner, 0);
    }

    [Fact]
    public async Task Purge_SeveralRanges_DropsExactlyTheCoveredBlocks()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1 2", "3", "4 5", "6", "7 8");

        await PurgeAsync(owner, (0, 2), (4, 7));

        await AssertBlocksAsync(store, owner, 2, 3, 6);
        Assert.Equal(["3", "4", "5"], Texts(await owner.ReadAsync(1, 2, 9)));
        Assert.Empty(await owner.ReadAsync(1, 5, 9));
        Assert.Equal(["7", "8"], Texts(await owner.ReadAsync(1, 7, 9)));
    }

    [Fact]
    public async Task Purge_Everything_LeavesTheTailWhereItIs()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1 2", "3");

        await PurgeAsync(owner, (0, 3));
        await owner.AppendAsync("4");

        Assert.Equal(4, (await store.GetHeadAsync(owner.Name, Cancellation))!.Head.Tail);
        Assert.Equal(["4"], Texts(await owner.ReadAsync(1, 3, 9)));
        await AssertBlocksAsync(store, owner, 3);
    }

    [Fact]
    public async Task Purge_BeyondTheTail_LeavesLaterEvents()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1");

        await PurgeAsync(owner, (0, 100));
        await owner.AppendAsync("2");

        Assert.Equal(["2"], Texts(await owner.ReadAsync(1, 1, 9)));
    }

    [Fact]
    public async Task Purge_InTheCommitOfItsBlock_DropsIt()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1");

        await owner.CommitAsync(owner.Next("2") with { Purges = [new SequenceRange(0, 2)] });

        await AssertBlocksAsync(store, owner);
        Assert.Equal(2, (await store.GetHeadAsync(owner.Name, Cancellation))!.Head.Tail);
    }

    [Fact]
    public async Task Purge_EmptyRange_ChangesNothing()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1");

        await PurgeAsync(owner, (0, 0), (1, 1));

        await AssertBlocksAsync(store, owner, 0);
    }

    [Fact]
    public async Task Reopen_AfterPurges_KeepsThemAndWhatTheyAddUpTo()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1", "2 3", "4");
        await PurgeAsync(owner, (0, 2));

        store = await ReopenAsync(store);
        owner = await LogStoreOwner.OpenAsync(store, "a", Cancellation);
        await AssertBlocksAsync(store, owner, 1, 3);
        await PurgeAsync(owner, (2, 3));

        await AssertBlocksAsync(store, owner, 3);
        store = await ReopenAsync(store);
        await AssertBlocksAsync(store, owner, 3);
    }

    [Fact]
    public async Task Purge_OneHistory_LeavesTheOther()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1");
        await owner.StartHistoryAsync(5);
        await owner.AppendAsync("2");

        await PurgeAsync(owner, (0, 1));

        Assert.Empty(await owner.ReadAsync(1, 0, 9));
        Assert.Equal(["2"], Texts(await owner.ReadAsync(5, 1, 9)));
    }

    private static Task PurgeAsync(LogStoreOwner owner, params (long From, long To)[] ranges) =>
        owner.CommitAsync(owner.Next() with { Purges = [.. ranges.Select(r => new SequenceRange(r.From, r.To))] });

    private static async Task AssertBlocksAsync(ILogStore store, LogStoreOwner owner, params long[] firstSequences)
    {
        var blocks = await store.ListBlocksAsync(owner.Name, 0, 100, Cancellation);
        Assert.Equal(firstSequences, blocks.Select(b => b.FirstSequence).ToArray());
    }
}
