using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.Storage.AzureTables.Tests.Servers;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.Storage.AzureTables.Tests.Faults;

/// <summary>Commits whose outcome is unknown, and owners that meet (CORRECTNESS rules 2 and 13).</summary>
public sealed class CommitFaultTests(SharedServer shared) : StoreTest(shared)
{
    /// <summary>Goal: landed, but the answer is lost. Method: a relay holds the service's answers back and then cuts.</summary>
    [Fact]
    public async Task Commit_ConnectionCutAfterItLanded_IsUnknownAndTheReopenedHeadTellsTheTruth()
    {
        await using var relay = new TcpRelay(Shared.Server.Port);
        var (store, owner) = await OpenThroughAsync(relay);
        var next = owner.Next("2");
        relay.HoldAnswers();

        var commit = store.CommitAsync(next, Cancellation).AsTask();
        await UntilAsync("the commit lands", async () => (await HeadAsync("a"))!.GetInt64("Version") == next.ExpectedVersion + 1);
        relay.Cut();

        await Assert.ThrowsAsync<StoreUnreachableException>(() => Phase.OfAsync("the commit ends", commit));
        var opened = (await store.OpenAsync(owner.Name, Cancellation)).Head!;
        Assert.Equal((next.ExpectedVersion + 1, next.CommitId), (opened.Version, opened.LastCommitId));
        Assert.Equal("1 2", await TextAsync(store, "a"));
    }

    [Fact]
    public async Task Commit_ConnectionCutBeforeItLands_IsUnknownAndTheReopenedHeadTellsTheTruth()
    {
        await using var relay = new TcpRelay(Shared.Server.Port);
        var (store, owner) = await OpenThroughAsync(relay);
        relay.HoldAll();

        var commit = store.CommitAsync(owner.Next("2"), Cancellation).AsTask();
        relay.Refuse(true);
        relay.Cut();

        await Assert.ThrowsAsync<StoreUnreachableException>(() => Phase.OfAsync("the commit ends", commit));
        await Assert.ThrowsAsync<StoreUnreachableException>(async () => await store.OpenAsync(owner.Name, Cancellation));
        await Phase.UntilAsync("the outage is noticed", () => !store.Health.AcceptsWrites, Cancellation);
        relay.Refuse(false);
        await Phase.UntilAsync("its end is noticed", () => store.Health.AcceptsWrites, Cancellation);
        var again = await LogStoreOwner.OpenAsync(store, "a", Cancellation);
        Assert.Equal(owner.Version, again.Version);
        Assert.True(again.Fence > owner.Fence);
        await again.AppendAsync("3");
        Assert.Equal("1 3", await TextAsync(store, "a"));
    }

    /// <summary>Goal: a zombie commit cannot land after a new owner opened, though it was sent before.</summary>
    [Fact]
    public async Task Commit_StillOnItsWayWhenAnotherOwnerOpens_IsConflictAndWritesNothing()
    {
        await using var relay = new TcpRelay(Shared.Server.Port);
        var (store, owner) = await OpenThroughAsync(relay);
        var other = await OpenStoreAsync();
        relay.HoldAll();
        var commit = store.CommitAsync(owner.Next("lost") with { Producers = [new ProducerEntry("lost", 0, 0, 0)] }, Cancellation).AsTask();

        var newest = await LogStoreOwner.OpenAsync(other, "a", Cancellation);
        relay.LetGo();

        Assert.Equal(CommitStatus.Conflict, await Phase.OfAsync("the commit ends", commit));
        await newest.AppendAsync("2");
        Assert.Equal("1 2", await TextAsync(other, "a"));
        Assert.Empty((await other.OpenAsync(owner.Name, Cancellation)).Producers);
    }

    /// <summary>A commit that is sent again, by its node or another one, meets a version that has moved on.</summary>
    [Fact]
    public async Task Commit_SentAgain_LandsOnceAndIsAConflict()
    {
        var store = await OpenStoreAsync();
        var twin = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a", "1");
        var next = owner.Next("2");
        Assert.Equal(CommitStatus.Committed, await store.CommitAsync(next, Cancellation));

        // A node that never saw the stream reads the head, finds another version and says so.
        Assert.Equal(CommitStatus.Conflict, await twin.CommitAsync(next, Cancellation));
        Assert.Equal(CommitStatus.Conflict, await store.CommitAsync(next, Cancellation));
        Assert.Equal("1 2", await TextAsync(store, "a"));
    }

    [Fact]
    public async Task Commit_HeadTouchedByNobodyWhoOwns_LandsAllTheSame()
    {
        var store = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a", "1");
        var head = (await HeadAsync("a"))!;
        await Streams.UpdateEntityAsync(
            new Azure.Data.Tables.TableEntity(head.PartitionKey, head.RowKey) { ["Note"] = "moved the ETag" }, head.ETag,
            cancellationToken: Cancellation);

        await owner.AppendAsync("2");

        Assert.Equal("1 2", await TextAsync(store, "a"));
    }

    /// <summary>Goal: of many who open at once each gets a fence of its own, and only the largest commits.</summary>
    [Fact]
    public async Task Open_ByManyNodesAtOnce_LeavesOneOwner()
    {
        const int Nodes = 6;
        await CreateAsync(await OpenStoreAsync(), "a", "1");
        List<AzureTablesLogStore> stores = [];
        for (var i = 0; i < Nodes; i++)
        {
            stores.Add(await OpenStoreAsync());
        }

        var owners = await Phase.OfAsync(
            "all open", Task.WhenAll(stores.Select(store => LogStoreOwner.OpenAsync(store, "a", Cancellation))));
        var landed = await Phase.OfAsync(
            "all commit", Task.WhenAll(owners.Select(owner => owner.SendAsync(owner.Next($"{owner.Fence}")))));

        Assert.Equal(Nodes, owners.Select(owner => owner.Fence).Distinct().Count());
        var newest = Array.IndexOf(owners, owners.MaxBy(owner => owner.Fence));
        Assert.Equal(
            Enumerable.Range(0, Nodes).Select(i => i == newest ? CommitStatus.Committed : CommitStatus.Conflict), landed);
        Assert.Equal($"1 {owners[newest].Fence}", await TextAsync(stores[0], "a"));
    }

    private async Task<(AzureTablesLogStore Store, LogStoreOwner Owner)> OpenThroughAsync(TcpRelay relay)
    {
        var store = await OpenStoreAsync(
            Shared.NewStore(table: Options.Table, connectionString: AzuriteServer.ConnectionTo(relay.Port)));
        return (store, await CreateAsync(store, "a", "1"));
    }
}
