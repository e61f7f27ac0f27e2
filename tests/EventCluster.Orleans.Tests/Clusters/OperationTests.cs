using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core.InMemory;
using EventCluster.Orleans.Client;
using EventCluster.Orleans.Placement;
using EventCluster.Orleans.Rebalancing;
using EventCluster.Orleans.Settings;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace EventCluster.Orleans.Tests.Clusters;

/// <summary>Growing, settings, and publishers that are no silos.</summary>
public sealed class OperationTests : IAsyncDisposable
{
    private const int Edge = 1;

    private readonly InMemoryLogStore _memory = new(new InMemoryLogStoreOptions());
    private StreamCluster? _cluster;

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
    public async Task Growing_UnderLoad_TheNewSiloGetsItsShareAndNothingIsLost()
    {
        const int Streams = 24;
        var cluster = await StartAsync(services => services.AddSingleton(
            new RebalanceOptions { StreamsPerSecond = 50, Interval = TimeSpan.FromMilliseconds(200) }));
        var streams = Enumerable.Range(0, Streams).Select(i => cluster.Edge(Edge).GetStream(TestData.Name($"s{i}"))).ToArray();
        foreach (var stream in streams)
        {
            await stream.NewAsync();
        }

        using var stop = new CancellationTokenSource();
        var writing = streams.Select(stream => WriteAsync(stream, stop.Token)).ToArray();
        await cluster.AddSiloAsync();
        await Phase.UntilAsync(
            "the new silo has its share",
            $"at least {Streams / 4} streams",
            () => cluster.Backlog(2).LoadedStreams,
            owned => owned >= Streams / 4,
            Cancellation);
        await stop.CancelAsync();
        var counts = await Phase.OfAsync("writers", Task.WhenAll(writing));

        for (var i = 0; i < Streams; i++)
        {
            Assert.Equal(Enumerable.Range(0, counts[i]).Select(n => $"{n}"), await streams[i].TextsAsync());
        }
    }

    [Fact]
    public async Task Settings_RetentionDefaultsOfTheCluster_ReachEverySiloAndStream()
    {
        var cluster = await StartAsync();
        var stream = cluster.Edge(Edge).GetStream(TestData.Name("s"));
        await stream.NewAsync();
        var settings = cluster.Services(Edge).GetRequiredService<IGrainFactory>().GetGrain<IClusterSettingsGrain>(0);
        Assert.False((await settings.GetAsync()).IsSet);
        await Assert.ThrowsAsync<ArgumentException>(() => settings.SetAsync(new ClusterSettings { RetainEvents = 0 }));

        await settings.SetAsync(new ClusterSettings { RetainEvents = 2 });

        // The silo learns of it within its interval; each append lets the owner apply it.
        var retained = long.MaxValue;
        var guard = TimeProvider.System.GetTimestamp();
        while (retained != 2 && TimeProvider.System.GetElapsedTime(guard) < Phase.HangGuard)
        {
            await stream.PutAsync("a");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancellation);
            retained = (await stream.StateAsync()).RetainedEvents;
        }

        Assert.Equal(2, retained);
    }

    [Fact]
    public async Task Client_AppendsAndFollows_InOrderOnceAndAcrossAKilledSilo()
    {
        const int Events = 400;
        var cluster = await StartAsync();
        await cluster.AddSiloAsync();
        var client = await cluster.ConnectClientAsync();
        var orders = client.GetStream("orders");
        Assert.IsType<CreateOutcome.Created>(await orders.TryCreateAsync("text/plain", Cancellation));
        var following = FollowAsync(orders, Events);
        for (var i = 0; i < Events; i++)
        {
            if (i == Events / 2)
            {
                await cluster.KillAsync(cluster.Backlog(0).LoadedStreams == 1 ? 0 : 2);
            }

            Assert.IsType<AppendOutcome.Appended>(await orders.TryAppendAsync($"{i}", Cancellation));
        }

        Assert.Equal(Enumerable.Range(0, Events).Select(i => $"{i}"), await Phase.OfAsync("follower", following));
        var missing = await Assert.ThrowsAsync<StreamReadException>(
            async () => await client.GetStream("missing").ReadAsync(cancellationToken: Cancellation).GetAsyncEnumerator(Cancellation).MoveNextAsync());
        Assert.IsType<ReadOutcome.NotFound>(missing.Outcome);
    }

    [Fact]
    public async Task Client_ReadsToTheTail_EndsThere()
    {
        var cluster = await StartAsync();
        var client = await cluster.ConnectClientAsync();
        var stream = client.GetStream("s");
        await stream.CreateAsync(cancellationToken: Cancellation);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => stream.AppendAsync($"{i}", Cancellation).AsTask()));
        List<EventRecord> seen = [];

        await foreach (var record in stream.ReadAsync(follow: false, cancellationToken: Cancellation))
        {
            seen.Add(record);
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), seen.Select(record => TestData.Text(record.Payload)));
        Assert.Equal(seen[50..].Select(record => record.Offset), (await OffsetsAsync(stream, seen[49].Offset)));
    }

    private static async Task<int> WriteAsync(IStreamHandle stream, CancellationToken stop)
    {
        var count = 0;
        while (!stop.IsCancellationRequested)
        {
            await stream.PutAsync($"{count++}");
        }

        return count;
    }

    private static async Task<List<string>> FollowAsync(EventStream stream, int count)
    {
        List<string> texts = [];
        await foreach (var record in stream.ReadAsync(cancellationToken: Cancellation))
        {
            texts.Add(TestData.Text(record.Payload));
            if (texts.Count == count)
            {
                break;
            }
        }

        return texts;
    }

    private static async Task<List<StreamOffset>> OffsetsAsync(EventStream stream, StreamOffset from)
    {
        List<StreamOffset> offsets = [];
        await foreach (var record in stream.ReadAsync(from, follow: false, Cancellation))
        {
            offsets.Add(record.Offset);
        }

        return offsets;
    }

    private async Task<StreamCluster> StartAsync(Action<IServiceCollection>? services = null) => _cluster = await StreamCluster.StartAsync(
        2, silo => silo == Edge ? SiloRoles.Edge : SiloRoles.Backlog, _ => new SharedStore(_memory), services: services);
}
