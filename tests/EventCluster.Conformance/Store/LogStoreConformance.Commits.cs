using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Conformance.Store;

public abstract partial class LogStoreConformance
{
    [Fact]
    public async Task Create_WithAllParts_ShowsThemTogether()
    {
        var store = await OpenAsync();
        var owner = await LogStoreOwner.OpenAsync(store, "a", Cancellation);
        var commit = FullCreation(owner);

        await owner.CommitAsync(commit);

        await AssertFullCreationAsync(store, owner.Name, commit);
    }

    [Fact]
    public async Task Reopen_AfterCreateWithAllParts_StillShowsThemTogether()
    {
        var store = await OpenAsync();
        var owner = await LogStoreOwner.OpenAsync(store, "a", Cancellation);
        var commit = FullCreation(owner);
        await owner.CommitAsync(commit);

        store = await ReopenAsync(store);

        await AssertFullCreationAsync(store, owner.Name, commit);
    }

    [Fact]
    public async Task Create_WithTailAboveZeroAndNoBlock_IsAForkWithoutOwnEvents()
    {
        var store = await OpenAsync();
        var owner = await LogStoreOwner.OpenAsync(store, "fork", Cancellation);
        var creation = owner.Create(7) with
        {
            Head = owner.Head with { Tail = 40, Earliest = 3 },
            Incarnations = new IncarnationList(new(5, 0), new(7, 20)),
        };

        await owner.CommitAsync(creation);
        await owner.AppendAsync("own");

        Assert.Equal(41, (await store.GetHeadAsync(owner.Name, Cancellation))!.Head.Tail);
        Assert.Equal(40, Assert.Single(await owner.ReadAsync(7, 40, 41)).FirstSequence);
        Assert.Empty(await owner.ReadAsync(5, 3, 41));
        Assert.Empty(await owner.ReadAsync(7, 20, 41));
    }

    [Fact]
    public async Task Commit_WithoutEvents_StillCountsTheVersion()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a");

        await owner.CommitAsync(owner.Next());
        await owner.CommitAsync(owner.Next() with { Head = owner.Head with { Earliest = 0, LastEventMilliseconds = 9 } });

        var head = await store.GetHeadAsync(owner.Name, Cancellation);
        Assert.Equal(3, head!.Version);
        Assert.Equal(9, head.Head.LastEventMilliseconds);
    }

    [Fact]
    public async Task Commit_WithoutStateAndIncarnations_KeepsBoth()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1");

        await owner.AppendAsync("2");

        for (var round = 0; round < 2; round++)
        {
            var head = await store.GetHeadAsync(owner.Name, Cancellation);
            Assert.Equal("state of a", TestData.Text(head!.State));
            Assert.Equal(owner.Incarnations, head.Incarnations);
            store = await ReopenAsync(store);
        }
    }

    [Fact]
    public async Task Commit_WithStateAndIncarnations_ReplacesBoth()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1");

        await owner.StartHistoryAsync(9);
        await owner.CommitAsync(owner.Next() with { State = TestData.Payload("second") });

        for (var round = 0; round < 2; round++)
        {
            var head = await store.GetHeadAsync(owner.Name, Cancellation);
            Assert.Equal("second", TestData.Text(head!.State));
            Assert.Equal(new IncarnationList(new(1, 0), new(9, 1)), head.Incarnations);
            store = await ReopenAsync(store);
        }
    }

    [Fact]
    public async Task Commit_WithEmptyState_ReplacesItByNothing()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1");

        await owner.CommitAsync(owner.Next() with { State = ReadOnlyMemory<byte>.Empty });

        Assert.Equal(0, (await store.GetHeadAsync(owner.Name, Cancellation))!.State.Length);
        store = await ReopenAsync(store);
        Assert.Equal(0, (await store.GetHeadAsync(owner.Name, Cancellation))!.State.Length);
    }

    [Fact]
    public async Task Commit_Each_LeavesItsOwnIdInTheHead()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a");
        UInt128[] ids = [UInt128.MaxValue, 1, UInt128.MaxValue - 1, new UInt128(1, 0)];
        foreach (var id in ids)
        {
            await owner.CommitAsync(owner.Next("x") with { CommitId = id });
            Assert.Equal(id, (await store.GetHeadAsync(owner.Name, Cancellation))!.LastCommitId);
        }

        store = await ReopenAsync(store);
        Assert.Equal(ids[^1], (await store.GetHeadAsync(owner.Name, Cancellation))!.LastCommitId);
    }

    [Fact]
    public async Task Commit_WithCancelledToken_LandedOrNotButNothingBetween()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1");
        var commit = owner.Next("2") with { State = TestData.Payload("2") };
        var threw = false;
        try
        {
            await store.CommitAsync(commit, new CancellationToken(canceled: true));
        }
        catch (OperationCanceledException)
        {
            threw = true;
        }

        var opened = (await store.OpenAsync(owner.Name, Cancellation)).Head!;
        var landed = opened.Version == owner.Version + 1;
        Assert.True(landed || threw, "A commit that returned did not land.");
        Assert.Equal(landed ? commit.CommitId : (UInt128)owner.Fence << 64 | 2, opened.LastCommitId);
        Assert.Equal(landed ? 2 : 1, opened.Head.Tail);
        Assert.Equal(landed ? "2" : "state of a", TestData.Text(opened.State));
    }

    [Fact]
    public async Task Commit_AtTheByteLimit_LandsAndOneAboveWritesNothing()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a");
        var payload = new byte[Math.Min(store.MaxCommitBytes, ProtocolLimits.MaxBlockBytes) - 4096];
        var block = EventBlock.Encode(1, 0, [payload], [TestData.BaseTime]);
        var state = new byte[store.MaxCommitBytes - block.Encoded.Length];
        var commit = owner.Next("x") with { Block = block, State = state };

        await Assert.ThrowsAsync<ArgumentException>(
            () => owner.SendAsync(commit with { State = new byte[state.Length + 1] }));
        Assert.Equal(owner.Version, (await store.GetHeadAsync(owner.Name, Cancellation))!.Version);

        await owner.CommitAsync(commit);
        Assert.Equal(state.Length, (await store.GetHeadAsync(owner.Name, Cancellation))!.State.Length);
        Assert.Equal(block.Encoded, Assert.Single(await owner.ReadAsync(1, 0, 1)).Encoded);
    }

    [Fact]
    public async Task Commit_AtTheProducerLimit_LandsAndOneAboveWritesNothing()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a");
        var entries = Enumerable.Range(0, store.MaxCommitProducers - 1)
            .Select(i => new ProducerEntry($"p{i}", i, i, TestData.BaseTime))
            .ToArray();

        await Assert.ThrowsAsync<ArgumentException>(
            () => owner.SendAsync(owner.Next("x") with { Producers = entries, RemovedProducers = ["q", "r"] }));
        Assert.Equal(owner.Version, (await store.GetHeadAsync(owner.Name, Cancellation))!.Version);

        await owner.CommitAsync(owner.Next("x") with { Producers = entries, RemovedProducers = ["q"] });
        Assert.Equal(entries.Length, (await store.OpenAsync(owner.Name, Cancellation)).Producers.Count);
    }

    [Theory]
    [InlineData("block not at the tail")]
    [InlineData("block of another history")]
    [InlineData("tail not after the block")]
    [InlineData("tail moved without a block")]
    public async Task Commit_Malformed_ThrowsAndWritesNothing(string fault)
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1 2");
        var good = owner.Next("3");
        var bad = fault switch
        {
            "block not at the tail" => good with { Block = TestData.Block(1, 1, "3") },
            "block of another history" => good with { Block = TestData.Block(2, 2, "3") },
            "tail not after the block" => good with { Head = good.Head with { Tail = 4 } },
            _ => good with { Block = null },
        };

        await Assert.ThrowsAsync<ArgumentException>(() => owner.SendAsync(bad));

        Assert.Equal(CommitStatus.Committed, await owner.SendAsync(good));
        Assert.Equal(["1", "2", "3"], Texts(await owner.ReadAsync(1, 0, 9)));
    }

    [Fact]
    public async Task Create_WithoutStateOrIncarnations_ThrowsAndWritesNothing()
    {
        var store = await OpenAsync();
        var owner = await LogStoreOwner.OpenAsync(store, "a", Cancellation);

        await Assert.ThrowsAsync<ArgumentException>(() => owner.SendAsync(owner.Next("x") with { State = null }));
        await Assert.ThrowsAsync<ArgumentException>(() => owner.SendAsync(owner.Next("x") with { Incarnations = null }));

        Assert.Null(await store.GetHeadAsync(owner.Name, Cancellation));
    }

    private static StreamCommit FullCreation(LogStoreOwner owner) => owner.Create(3, "one", "two") with
    {
        CommitId = new UInt128(0x0123456789abcdef, 0xfedcba9876543210),
        Head = new StreamHead(2, 0, 6, TestData.BaseTime, TestData.BaseTime + 5),
        Producers = [new ProducerEntry("p", 1, 2, 3), new ProducerEntry("ü", 4, ProtocolLimits.MaxProducerNumber, 5)],
        State = TestData.Bytes(1, 300),
    };

    private static async Task AssertFullCreationAsync(ILogStore store, StreamName name, StreamCommit commit)
    {
        var opened = await store.OpenAsync(name, Cancellation);
        var expected = new StoredHead(
            name, opened.Fence, 1, commit.CommitId, commit.Head, commit.Incarnations!, commit.State!.Value);
        AssertSame(expected, opened.Head!);
        AssertSame(expected, (await store.GetHeadAsync(name, Cancellation))!);
        AssertSame(expected, Assert.Single(await store.ListAsync("", after: null, limit: 10, Cancellation)));
        Assert.Equal(commit.Producers, opened.Producers.OrderBy(p => p.Id, StringComparer.Ordinal));
        Assert.Equal([name], await store.ListDueAsync(commit.Head.DueAtMilliseconds, 10, Cancellation));
        var block = Assert.Single(await store.ReadAsync(new BlockRange(name, 3, 0, 2), 1, Cancellation));
        Assert.Equal(commit.Block!.Value.Encoded.ToArray(), block.Encoded.ToArray());
    }
}
