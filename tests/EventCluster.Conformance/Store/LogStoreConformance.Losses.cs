using EventCluster.Abstractions.Store;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Conformance.Store;

public abstract partial class LogStoreConformance
{
    /// <summary>
    /// Makes the medium of an open store one that may have lost commits, as after a failover; false for a medium that cannot tell.
    /// </summary>
    protected virtual ValueTask<bool> FailOverAsync(ILogStore store) => ValueTask.FromResult(false);

    [Fact]
    public async Task Open_NothingLost_SaysNothing()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1");

        Assert.False(owner.Opened.MayHaveLostCommits);
        Assert.False((await store.OpenAsync(owner.Name, Cancellation)).MayHaveLostCommits);
        Assert.False((await store.OpenAsync(TestData.Name("absent"), Cancellation)).MayHaveLostCommits);
    }

    [Fact]
    public async Task Open_AfterAFailover_SaysSoUntilACommitBeginsAnIncarnation()
    {
        var store = await OpenAsync();
        await CreateAsync(store, "a", "1 2");
        await CreateAsync(store, "b", "1");
        Assert.SkipUnless(await FailOverAsync(store), "This medium cannot tell that it lost commits.");
        await CreateAsync(store, "later", "1");

        var first = await LogStoreOwner.OpenAsync(store, "a", Cancellation);
        Assert.True(first.Opened.MayHaveLostCommits);
        await first.AppendAsync("3");
        var second = await LogStoreOwner.OpenAsync(store, "a", Cancellation);
        Assert.True(second.Opened.MayHaveLostCommits);
        var incarnation = await store.DrawIncarnationAsync(Cancellation);
        Assert.Equal(CommitStatus.Committed, await second.SendAsync(second.Next() with
        {
            Incarnations = second.Opened.Head!.Incarnations.Add(incarnation, second.Opened.Head.Head.Tail),
        }));

        var third = await store.OpenAsync(first.Name, Cancellation);
        Assert.False(third.MayHaveLostCommits);
        Assert.Equal((2, incarnation), (third.Head!.Incarnations.Count, third.Head.Incarnations.Latest.Incarnation));
        Assert.True((await store.OpenAsync(TestData.Name("b"), Cancellation)).MayHaveLostCommits);
        Assert.False((await store.OpenAsync(TestData.Name("later"), Cancellation)).MayHaveLostCommits);
        Assert.False((await store.OpenAsync(TestData.Name("absent"), Cancellation)).MayHaveLostCommits);
    }
}
