using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core;
using EventCluster.Core.InMemory;
using EventCluster.Orleans.Directory;
using EventCluster.Orleans.Placement;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Orleans.Tests.Clusters;

/// <summary>Silos that lose the store, alone or all together: streams go on where the store answers, and stay where nobody has it.</summary>
[Collection(nameof(AloneCollection))]
public sealed class LostStoreTests : IAsyncLifetime
{
    private const int Streams = 12;

    private readonly InMemoryLogStore _memory = new(new InMemoryLogStoreOptions());
    private readonly CutStore[] _stores;
    private StreamCluster _cluster = null!;

    public LostStoreTests() => _stores = [new(_memory), new(_memory), new(_memory)];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _cluster = await StreamCluster.StartAsync(
        3, static silo => silo == 2 ? SiloRoles.Edge : SiloRoles.Backlog, silo => _stores[silo],
        options: new OrleansStreamDirectoryOptions { RetryFor = Phase.HangGuard });

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            store.Cut = null;
        }

        await _cluster.DisposeAsync();
        await _memory.DisposeAsync();
    }

    [Theory]
    [InlineData(CutKind.Refuses)]
    [InlineData(CutKind.Silent)]
    public async Task OneSilo_WithoutTheStore_ItsStreamsGoOnElsewhere(CutKind cut)
    {
        var streams = await CreateAsync();
        Assert.True(_cluster.Backlog(0).LoadedStreams > 0, "The silo owns nothing, so the test shows nothing.");
        _stores[0].Cut = cut;

        // Appends that are on their way when the store is lost are repeated under the same identity.
        await Phase.OfAsync("appends", Task.WhenAll(streams.Select(AppendAsync)));

        Assert.True(_cluster.Backlog(0).IsCutOff);
        Assert.Equal(0, _cluster.Backlog(0).LoadedStreams);
        Assert.NotNull(_cluster.Backlog(0).Health.NotReadyReason);
        foreach (var stream in streams)
        {
            Assert.Equal(["first", "second"], await stream.TextsAsync());
        }

        _stores[0].Cut = null;
        await Phase.UntilAsync("the silo is back", () => !_cluster.Backlog(0).IsCutOff, Cancellation);
        await Phase.UntilAsync("it is ready", () => _cluster.Backlog(0).Health.NotReadyReason is null, Cancellation);
    }

    [Fact]
    public async Task AllSilos_WithoutTheStore_NobodyMoves()
    {
        var streams = await CreateAsync();
        foreach (var store in _stores)
        {
            store.Cut = CutKind.Refuses;
        }

        // A hand-over for the balance of the silos that had begun is over by then, and no other begins.
        await Phase.UntilAsync("the edge knows", () => _cluster.Edge(2).IsStoreDownForAll, Cancellation);
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, Cancellation);
        var owned = _cluster.Backlog(0).LoadedStreams;
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, Cancellation);
        Assert.False(_cluster.Backlog(0).IsCutOff);
        Assert.False(_cluster.Backlog(1).IsCutOff);
        Assert.Equal(owned, _cluster.Backlog(0).LoadedStreams);
        var claim = Assert.IsType<DescribeOutcome.Unavailable>(await streams[0].DescribeAsync(Cancellation));
        Assert.Equal(UnavailableReason.StoreUnreachable, claim.Reason);

        foreach (var store in _stores)
        {
            store.Cut = null;
        }

        await Phase.UntilAsync("the edge knows", () => !_cluster.Edge(2).IsStoreDownForAll, Cancellation);
        await Phase.OfAsync("appends", Task.WhenAll(streams.Select(AppendAsync)));
    }

    /// <summary>Another owner, past the cluster, as one in a part of it that is cut off: what is said through the cluster is true.</summary>
    [Fact]
    public async Task Owner_ReplacedPastTheCluster_EdgeAndClientSayWhatIsTrue()
    {
        var stream = (await CreateAsync())[0];
        await using var elsewhere = new LocalStreamDirectory(
            new SharedStore(_memory), new LocalStreamDirectoryOptions(), TimeProvider.System, new Random(9), NullLogger<LocalStreamDirectory>.Instance);
        var other = elsewhere.GetStream(stream.Name);
        var client = (await _cluster.ConnectClientAsync()).GetStream(stream.Name.Value).Handle;
        var old = (await stream.StateAsync()).Tail;
        var waiting = stream.WaitAsync(old, TimeSpan.FromSeconds(1));

        var tail = (await other.PutAsync("elsewhere")).Next;
        Assert.Equal(tail, (await client.StateAsync()).Tail);
        Assert.Equal(["elsewhere"], Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("long-poll", waiting)).Texts());

        tail = (await other.PutAsync("again")).Next;
        Assert.Equal(tail, (await stream.StateAsync()).Tail);

        tail = (await other.PutAsync("once more")).Next;
        Assert.Equal(tail, (await client.BatchAsync(old)).Next);

        await other.DeleteAsync(Cancellation);
        Assert.IsType<ReadOutcome.NotFound>(await stream.PeekAsync(tail));
    }

    private async Task<IStreamHandle[]> CreateAsync()
    {
        var streams = Enumerable.Range(0, Streams).Select(i => _cluster.Edge(2).GetStream(TestData.Name($"s{i}"))).ToArray();
        foreach (var stream in streams)
        {
            await stream.NewAsync();
            await stream.PutAsync("first");
        }

        return streams;
    }

    /// <summary>Appends once; again only what certainly did not happen, as a client does.</summary>
    private static async Task AppendAsync(IStreamHandle stream)
    {
        while (true)
        {
            var outcome = await stream.AppendAsync(new AppendRequest { Events = TestData.Payloads("second") }, Cancellation);
            if (outcome is AppendOutcome.Appended)
            {
                return;
            }

            var now = Assert.IsType<AppendOutcome.Unavailable>(outcome);
            Assert.NotEqual(UnavailableReason.OutcomeUnknown, now.Reason);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
        }
    }
}
