using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Conformance.Store;

public abstract partial class LogStoreConformance
{
    [Fact]
    public async Task Read_StoredBlocks_ReturnsTheSameBytes()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a");
        List<byte[]> encoded = [];
        foreach (var size in new[] { 0, 1, 199, 4096, 70_000, ProtocolLimits.MaxEventBytes })
        {
            var block = EventBlock.Encode(1, owner.Head.Tail, [TestData.Bytes(size, size), default], [5, 7]);
            encoded.Add(block.Encoded.ToArray());
            await owner.CommitAsync(owner.Next("x", "y") with { Block = block });
        }

        var read = await owner.ReadAsync(1, 0, 12);

        Assert.Equal(encoded, read.Select(b => b.Encoded.ToArray()));
    }

    [Theory]
    [InlineData(0, 9, "1 2 3 4 5 6")]
    [InlineData(0, 1, "1 2")]
    [InlineData(1, 2, "1 2")]
    [InlineData(1, 3, "1 2 3")]
    [InlineData(2, 3, "3")]
    [InlineData(2, 4, "3 4 5 6")]
    [InlineData(5, 6, "4 5 6")]
    [InlineData(6, 9, "")]
    [InlineData(100, 200, "")]
    [InlineData(2, 2, "")]
    public async Task Read_Range_ReturnsTheOverlappingBlocks(long from, long to, string expected)
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1 2", "3", "4 5 6");

        Assert.Equal(expected, string.Join(' ', Texts(await owner.ReadAsync(1, from, to))));
    }

    [Fact]
    public async Task Read_Budget_IsExactAndOneBlockAlwaysComes()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1", "2", "3");
        var one = Assert.Single(await owner.ReadAsync(1, 0, 1)).Encoded.Length;

        Assert.Single(await owner.ReadAsync(1, 0, 3, maxBytes: 0));
        Assert.Single(await owner.ReadAsync(1, 0, 3, maxBytes: 1));
        Assert.Single(await owner.ReadAsync(1, 0, 3, maxBytes: (2 * one) - 1));
        Assert.Equal(2, (await owner.ReadAsync(1, 0, 3, maxBytes: 2 * one)).Count);
        Assert.Equal(3, (await owner.ReadAsync(1, 0, 3, maxBytes: 3 * one)).Count);
    }

    [Fact]
    public async Task Read_IsKeyedByIncarnation()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1 2");
        await owner.StartHistoryAsync(5);
        await owner.AppendAsync("3");
        await owner.StartHistoryAsync(6);
        await owner.AppendAsync("4");

        Assert.Equal(["1", "2"], Texts(await owner.ReadAsync(1, 0, 9)));
        Assert.Equal(["3"], Texts(await owner.ReadAsync(5, 2, 9)));
        Assert.Equal(["4"], Texts(await owner.ReadAsync(6, 3, 9)));
        Assert.Empty(await owner.ReadAsync(5, 0, 9));
        Assert.Empty(await owner.ReadAsync(1, 2, 9));
        Assert.Empty(await owner.ReadAsync(4, 0, 9));
    }

    [Fact]
    public async Task Read_MissingStream_IsEmpty()
    {
        var store = await OpenAsync();

        Assert.Empty(await store.ReadAsync(new BlockRange(TestData.Name("no"), 1, 0, 9), 100, Cancellation));
        Assert.Empty(await store.ListBlocksAsync(TestData.Name("no"), 0, 9, Cancellation));
    }

    [Fact]
    public async Task Recreate_AfterRemove_ShowsNothingOfTheOldStream()
    {
        var store = await OpenAsync();
        var old = await CreateAsync(store, "a", "1 2", "3");
        await old.CommitAsync(old.Next() with
        {
            Producers = [new ProducerEntry("p", 1, 1, 1)],
            Head = old.Head with { DueAtMilliseconds = 10 },
        });
        await old.RemoveAsync();
        Assert.Null(await store.GetHeadAsync(old.Name, Cancellation));
        Assert.Empty(await old.ReadAsync(1, 0, 9));
        Assert.Empty(await store.ListBlocksAsync(old.Name, 0, 9, Cancellation));
        Assert.Empty(await store.ListDueAsync(long.MaxValue - 1, 9, Cancellation));

        var fresh = await LogStoreOwner.OpenAsync(store, "a", Cancellation);
        await fresh.CommitAsync(fresh.Create(2, "new"));

        Assert.Empty(fresh.Opened.Producers);
        Assert.Equal(["new"], Texts(await fresh.ReadAsync(2, 0, 9)));
        Assert.Empty(await fresh.ReadAsync(1, 0, 9));
        Assert.Single(await store.ListBlocksAsync(old.Name, 0, 9, Cancellation));
        Assert.Empty((await store.OpenAsync(old.Name, Cancellation)).Producers);
    }

    [Fact]
    public async Task Reopen_AfterRecreate_ShowsOnlyTheNewStream()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1 2", "3");
        await owner.RemoveAsync();
        await owner.CommitAsync(owner.Create(2, "new"));
        var gone = await CreateAsync(store, "gone", "1");
        await gone.RemoveAsync();

        store = await ReopenAsync(store);

        var again = await LogStoreOwner.OpenAsync(store, "a", Cancellation);
        Assert.Equal(["new"], Texts(await again.ReadAsync(2, 0, 9)));
        Assert.Empty(await again.ReadAsync(1, 0, 9));
        Assert.Single(await store.ListAsync("", after: null, limit: 9, Cancellation));
        Assert.Null(await store.GetHeadAsync(gone.Name, Cancellation));
    }

    [Fact]
    public async Task ListBlocks_FromInside_ListsAcrossHistoriesUpToTheLimit()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1 2", "33 4");
        await owner.StartHistoryAsync(5);
        await owner.AppendAsync("5");
        BlockInfo[] all =
        [
            new(1, 0, 2, 2, TestData.BaseTime), new(1, 2, 2, 3, TestData.BaseTime), new(5, 4, 1, 1, TestData.BaseTime),
        ];

        Assert.Equal(all, await store.ListBlocksAsync(owner.Name, 0, 9, Cancellation));
        Assert.Equal(all, await store.ListBlocksAsync(owner.Name, 1, 3, Cancellation));
        Assert.Equal(all[1..], await store.ListBlocksAsync(owner.Name, 2, 9, Cancellation));
        Assert.Equal(all[1..2], await store.ListBlocksAsync(owner.Name, 3, 1, Cancellation));
        Assert.Empty(await store.ListBlocksAsync(owner.Name, 5, 9, Cancellation));
    }

    [Fact]
    public async Task ListBlocks_NamesTheTimeOfTheLastEvent()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a");
        var block = EventBlock.Encode(1, 0, [TestData.Payload("x"), TestData.Payload("yz")], [1_000, 90_000]);
        await owner.CommitAsync(owner.Next("x", "yz") with { Block = block });

        var info = Assert.Single(await store.ListBlocksAsync(owner.Name, 0, 9, Cancellation));

        Assert.Equal(new BlockInfo(1, 0, 2, 3, 90_000), info);
        store = await ReopenAsync(store);
        Assert.Equal([info], await store.ListBlocksAsync(owner.Name, 0, 9, Cancellation));
    }

    [Fact]
    public async Task Read_ThousandsOfBlocksInPages_ReturnsEachOnceInOrder()
    {
        var blocks = ManyBlocks;
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a");
        var other = await CreateAsync(store, "b");
        for (var i = 0; i < blocks; i++)
        {
            await owner.AppendAsync($"{i}");
            if (i % 7 == 0)
            {
                await other.AppendAsync("between");
            }
        }

        List<string> seen = [];
        var expected = Enumerable.Range(0, blocks).Select(i => $"{i}").ToArray();
        for (var from = 0L; from < blocks; from = seen.Count)
        {
            seen.AddRange(Texts(await owner.ReadAsync(1, from, long.MaxValue, maxBytes: 10_000)));
        }

        Assert.Equal(expected, seen);
        store = await ReopenAsync(store);
        var again = await store.ReadAsync(new BlockRange(owner.Name, 1, 0, blocks), int.MaxValue, Cancellation);
        Assert.Equal(expected, Texts(again));
    }
}
