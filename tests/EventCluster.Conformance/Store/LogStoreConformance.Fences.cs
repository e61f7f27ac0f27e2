using EventCluster.Abstractions.Store;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Conformance.Store;

public abstract partial class LogStoreConformance
{
    [Fact]
    public async Task Open_NameWithoutStream_GivesFenceAndWritesNothing()
    {
        var store = await OpenAsync();

        var owner = await LogStoreOwner.OpenAsync(store, "a", Cancellation);

        Assert.Null(owner.Opened.Head);
        Assert.Empty(owner.Opened.Producers);
        Assert.Null(await store.GetHeadAsync(owner.Name, Cancellation));
        Assert.Empty(await store.ListAsync("", after: null, limit: 10, Cancellation));
    }

    [Fact]
    public async Task Open_Again_GivesLargerFences()
    {
        var store = await OpenAsync();
        List<long> fences = [];
        for (var i = 0; i < 3; i++)
        {
            fences.Add((await LogStoreOwner.OpenAsync(store, "a", Cancellation)).Fence);
        }

        await CreateAsync(store, "a", "1");
        for (var i = 0; i < 3; i++)
        {
            fences.Add((await LogStoreOwner.OpenAsync(store, "a", Cancellation)).Fence);
        }

        Assert.Equal(fences.Order().Distinct(), fences);
    }

    [Fact]
    public async Task Open_ExistingStream_GivesHeadUnderTheNewFence()
    {
        var store = await OpenAsync();
        var first = await CreateAsync(store, "a", "1 2");

        var second = await LogStoreOwner.OpenAsync(store, "a", Cancellation);

        var head = second.Opened.Head!;
        Assert.Equal(second.Fence, head.Fence);
        Assert.Equal(first.Version, head.Version);
        Assert.Equal(first.Head, head.Head);
        Assert.Equal(second.Fence, (await store.GetHeadAsync(first.Name, Cancellation))!.Fence);
    }

    [Fact]
    public async Task GetStamps_OfManyNames_AnswersInTheOrderAskedAndSeesEveryCommitAndOpen()
    {
        var store = await OpenAsync();
        var a = await CreateAsync(store, "a");
        var b = await CreateAsync(store, "b", "1");
        await b.SendAsync(b.Next("2"));
        var removed = await CreateAsync(store, "removed", "1");
        await removed.SendAsync(removed.Next() with { Remove = true });
        var taken = await LogStoreOwner.OpenAsync(store, "a", Cancellation);
        var missing = (await LogStoreOwner.OpenAsync(store, "no", Cancellation)).Name;

        var stamps = await store.GetStampsAsync([b.Name, missing, a.Name, b.Name, removed.Name], Cancellation);

        var ofB = new HeadStamp(b.Fence, b.Version);
        Assert.Equal([ofB, default, new HeadStamp(taken.Fence, taken.Version), ofB, default], stamps);
        Assert.Empty(await store.GetStampsAsync([], Cancellation));
    }

    [Fact]
    public async Task Commit_UnderOlderFence_IsConflictAndWritesNothing()
    {
        var store = await OpenAsync();
        var stale = await CreateAsync(store, "a", "1");
        var newest = await LogStoreOwner.OpenAsync(store, "a", Cancellation);
        var before = await store.GetHeadAsync(stale.Name, Cancellation);

        var status = await stale.SendAsync(stale.Next("lost") with
        {
            State = TestData.Payload("lost"),
            Producers = [new ProducerEntry("lost", 0, 0, 0)],
            Purges = [new SequenceRange(0, 1)],
        });

        Assert.Equal(CommitStatus.Conflict, status);
        AssertSame(before!, (await store.GetHeadAsync(stale.Name, Cancellation))!);
        Assert.Equal(["1"], Texts(await newest.ReadAsync(1, 0, 10)));
        Assert.Empty((await store.OpenAsync(stale.Name, Cancellation)).Producers);
    }

    [Fact]
    public async Task Commit_UnderOlderFenceThatIsAlsoMalformed_IsConflict()
    {
        var store = await OpenAsync();
        var stale = await CreateAsync(store, "a", "1");
        var newest = await LogStoreOwner.OpenAsync(store, "a", Cancellation);
        await newest.AppendAsync("2");

        Assert.Equal(CommitStatus.Conflict, await stale.SendAsync(stale.Next("x")));
    }

    [Fact]
    public async Task Commit_UnderFenceNeverGiven_IsConflict()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1");

        Assert.Equal(CommitStatus.Conflict, await owner.SendAsync(owner.Next("x") with { Fence = owner.Fence + 1 }));
    }

    [Fact]
    public async Task Create_UnderOlderFence_IsConflict()
    {
        var store = await OpenAsync();
        var stale = await LogStoreOwner.OpenAsync(store, "a", Cancellation);
        var newest = await LogStoreOwner.OpenAsync(store, "a", Cancellation);

        Assert.Equal(CommitStatus.Conflict, await stale.SendAsync(stale.Next("x")));
        Assert.Null(await store.GetHeadAsync(stale.Name, Cancellation));
        Assert.Equal(CommitStatus.Committed, await newest.SendAsync(newest.Next("y")));
    }

    [Fact]
    public async Task Create_WhenAnotherOwnerCreatedAndDeleted_IsConflict()
    {
        var store = await OpenAsync();
        var stale = await LogStoreOwner.OpenAsync(store, "a", Cancellation);
        var newest = await CreateAsync(store, "a", "1");
        await newest.RemoveAsync();

        Assert.Equal(CommitStatus.Conflict, await stale.SendAsync(stale.Next("x")));
        Assert.Null(await store.GetHeadAsync(stale.Name, Cancellation));
    }

    [Fact]
    public async Task Create_AfterOwnDelete_CommitsUnderTheSameFence()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1");
        await owner.RemoveAsync();

        Assert.Equal(CommitStatus.Committed, await owner.SendAsync(owner.Create(2, "new")));
        Assert.Equal(1, (await store.GetHeadAsync(owner.Name, Cancellation))!.Version);
    }

    [Fact]
    public async Task Open_AfterDelete_GivesAFenceAboveAllBefore()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1");
        await owner.RemoveAsync();

        var next = await LogStoreOwner.OpenAsync(store, "a", Cancellation);

        Assert.Null(next.Opened.Head);
        Assert.True(next.Fence > owner.Fence, $"{next.Fence} after {owner.Fence}");
        Assert.Equal(CommitStatus.Conflict, await owner.SendAsync(owner.Next("x")));
    }

    [Fact]
    public async Task Remove_UnderOlderFence_IsConflictAndTheStreamStays()
    {
        var store = await OpenAsync();
        var stale = await CreateAsync(store, "a", "1");
        await LogStoreOwner.OpenAsync(store, "a", Cancellation);

        Assert.Equal(CommitStatus.Conflict, await stale.SendAsync(stale.Next() with { Remove = true }));
        Assert.Equal(["1"], Texts(await stale.ReadAsync(1, 0, 1)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(-2)]
    public async Task Commit_OnOtherVersion_IsConflict(int distance)
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1");
        Assert.Equal(2, owner.Version);
        var commit = owner.Next("x") with { ExpectedVersion = owner.Version + distance };

        Assert.Equal(CommitStatus.Conflict, await owner.SendAsync(commit));
        Assert.Equal(2, (await store.GetHeadAsync(owner.Name, Cancellation))!.Version);
    }

    [Fact]
    public async Task Commit_OnMissingStreamWithVersion_IsConflict()
    {
        var store = await OpenAsync();
        var owner = await LogStoreOwner.OpenAsync(store, "a", Cancellation);

        Assert.Equal(CommitStatus.Conflict, await owner.SendAsync(owner.Next("x") with { ExpectedVersion = 3 }));
        Assert.Null(await store.GetHeadAsync(owner.Name, Cancellation));
    }

    [Fact]
    public async Task Open_AfterReopen_GivesLargerFences()
    {
        var store = await OpenAsync();
        var kept = await CreateAsync(store, "kept", "1");
        var deleted = await CreateAsync(store, "deleted", "1");
        await deleted.RemoveAsync();
        var absent = await LogStoreOwner.OpenAsync(store, "absent", Cancellation);

        store = await ReopenAsync(store);

        foreach (var before in new[] { kept, deleted, absent })
        {
            var after = await LogStoreOwner.OpenAsync(store, before.Name.Value, Cancellation);
            Assert.True(after.Fence > before.Fence, $"{before.Name}: {after.Fence} after {before.Fence}");
        }
    }

    [Fact]
    public async Task Commit_UnderFenceFromBeforeReopenAndOpen_IsConflict()
    {
        var store = await OpenAsync();
        var stale = await CreateAsync(store, "a", "1");
        var commit = stale.Next("x");

        store = await ReopenAsync(store);
        await store.OpenAsync(stale.Name, Cancellation);

        Assert.Equal(CommitStatus.Conflict, await store.CommitAsync(commit, Cancellation));
    }

    /// <summary>
    /// Goal: head and fence come from one atomic step. An old owner appends as fast as it can while a new one opens; the
    /// version that the new owner saw must still be the stored one after the old owner got its conflict.
    /// </summary>
    [Fact]
    public async Task Open_WhileTheOldOwnerCommits_SeesTheLastVersionItCanReach()
    {
        var store = await OpenAsync();
        for (var round = 0; round < 20; round++)
        {
            var old = await CreateAsync(store, $"s{round}", "1");
            var appending = Task.Run(
                async () =>
                {
                    while (await old.SendAsync(old.Next("x")) == CommitStatus.Committed)
                    {
                        await Task.Yield();
                    }
                },
                Cancellation);
            await Phase.UntilAsync("old owner appends", () => old.Version > 3, Cancellation);

            var opened = await store.OpenAsync(old.Name, Cancellation);
            await Phase.OfAsync("old owner meets its conflict", appending);

            Assert.Equal(opened.Head!.Version, old.Version);
            Assert.Equal(old.Version, (await store.GetHeadAsync(old.Name, Cancellation))!.Version);
        }
    }

    private static void AssertSame(StoredHead expected, StoredHead actual)
    {
        Assert.Equal(expected with { State = default }, actual with { State = default });
        Assert.Equal(expected.State.ToArray(), actual.State.ToArray());
    }
}
