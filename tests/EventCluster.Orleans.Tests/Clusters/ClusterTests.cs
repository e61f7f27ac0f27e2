using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core.InMemory;
using EventCluster.Orleans.Placement;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Orleans.Tests.Clusters;

/// <summary>Several silos over one store: the last silo is an edge, the others host streams.</summary>
public sealed class ClusterTests : IAsyncDisposable
{
    private const int Edge = 2;

    private readonly InMemoryLogStore _memory = new(new InMemoryLogStoreOptions());
    private StreamCluster? _cluster;
    private int _written;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        await _memory.DisposeAsync();
    }

    [Fact]
    public async Task Streams_AreHostedByBacklogSilosOnly()
    {
        var cluster = await StartAsync();
        for (var i = 0; i < 40; i++)
        {
            await cluster.Edge(Edge).GetStream(TestData.Name($"s{i}")).NewAsync();
        }

        int[] loaded = [cluster.Backlog(0).LoadedStreams, cluster.Backlog(1).LoadedStreams];

        Assert.Equal(40, loaded.Sum());
        Assert.All(loaded, count => Assert.InRange(count, 5, 35));
        Assert.Null(cluster.Services(Edge).GetService(typeof(Core.LocalStreamDirectory)));
    }

    [Fact]
    public async Task Events_CrossSilos_ByteForByteAndInOrder()
    {
        var cluster = await StartAsync();
        var stream = cluster.Edge(Edge).GetStream(TestData.Name("s"));
        await stream.NewAsync(new CreateRequest { Retention = new RetentionLimits(Events: 1_000_000), TtlSeconds = 3600 });

        var sent = Enumerable.Range(0, 500).Select(i => stream.PutAsync($"{i}a", $"{i}b")).ToArray();
        await Phase.OfAsync("appends", Task.WhenAll(sent));

        Assert.Equal(
            Enumerable.Range(0, 500).SelectMany(i => new[] { $"{i}a", $"{i}b" }),
            await stream.TextsAsync());
        Assert.Equal(new RetentionLimits(Events: 1_000_000), (await stream.StateAsync()).Retention);
    }

    [Fact]
    public async Task Forks_AcrossOwners_InheritAndRelease()
    {
        var cluster = await StartAsync();
        var (edge, forks) = (cluster.Edge(Edge), new List<IStreamHandle>());
        var source = edge.GetStream(TestData.Name("source"));
        await source.NewAsync();
        await source.PutAsync("1", "2");
        for (var i = 0; i < 8; i++)
        {
            forks.Add(edge.GetStream(TestData.Name($"fork{i}")));
            await forks[i].NewForkAsync(source);
            await forks[i].PutAsync("mine");
        }

        await source.DeleteAsync(Cancellation);

        Assert.IsType<DescribeOutcome.Gone>(await source.DescribeAsync(Cancellation));
        foreach (var fork in forks)
        {
            Assert.Equal(["1", "2", "mine"], await fork.TextsAsync());
            await fork.DeleteAsync(Cancellation);
        }

        Assert.IsType<DescribeOutcome.NotFound>(await source.DescribeAsync(Cancellation));
    }

    [Fact]
    public async Task Reader_WaitingWhileItsOwnersSiloIsKilled_GetsEveryEventOnce()
    {
        var cluster = await StartAsync();
        var stream = cluster.Edge(Edge).GetStream(TestData.Name("s"));
        var position = (await stream.NewAsync()).Tail;
        var owner = cluster.Backlog(0).LoadedStreams == 1 ? 0 : 1;
        var reading = ReadTextsAsync(stream, position, 20);
        for (var i = 0; i < 20; i++)
        {
            if (i == 10)
            {
                await cluster.KillAsync(owner);
            }

            await stream.PutAsync($"{i}");
        }

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), await Phase.OfAsync("reader", reading));
        Assert.Equal(1, cluster.Backlog(1 - owner).LoadedStreams);
    }

    [Fact]
    public async Task Silo_StopsUnderLoad_EveryAppendIsAnsweredOnceAndNothingIsLost()
    {
        var cluster = await StartAsync();
        var streams = Enumerable.Range(0, 10).Select(i => cluster.Edge(Edge).GetStream(TestData.Name($"s{i}"))).ToArray();
        foreach (var stream in streams)
        {
            await stream.NewAsync();
        }

        using var stop = new CancellationTokenSource();
        var writing = streams.Select(stream => WriteAsync(stream, stop.Token)).ToArray();
        await Phase.UntilAsync("load", () => Volatile.Read(ref _written) > 200, Cancellation);
        await cluster.StopAsync(0);
        await stop.CancelAsync();
        var counts = await Phase.OfAsync("writers", Task.WhenAll(writing));

        Assert.Equal(0, counts.Count(count => count == 0));
        for (var i = 0; i < streams.Length; i++)
        {
            Assert.Equal(Enumerable.Range(0, counts[i]).Select(n => $"{n}"), await streams[i].TextsAsync());
        }
    }

    private async Task<int> WriteAsync(IStreamHandle stream, CancellationToken stop)
    {
        var count = 0;
        while (!stop.IsCancellationRequested)
        {
            await stream.PutAsync($"{count++}");
            Interlocked.Increment(ref _written);
        }

        return count;
    }

    private static async Task<List<string>> ReadTextsAsync(IStreamHandle stream, Protocol.StreamOffset from, int count)
    {
        List<string> texts = [];
        while (texts.Count < count)
        {
            var outcome = await stream.ReadAsync(
                new ReadRequest(from, 1_000_000, 100, TimeSpan.FromSeconds(30), Touch: false), Cancellation);
            var batch = Assert.IsType<ReadOutcome.Batch>(outcome);
            texts.AddRange(batch.Texts());
            from = batch.Next;
        }

        return texts;
    }

    private async Task<StreamCluster> StartAsync() => _cluster = await StreamCluster.StartAsync(
        3, silo => silo == Edge ? SiloRoles.Edge : SiloRoles.Backlog, _ => new SharedStore(_memory));
}
