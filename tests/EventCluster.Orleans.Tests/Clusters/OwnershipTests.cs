using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core;
using EventCluster.Core.InMemory;
using EventCluster.Orleans.Grains;
using EventCluster.Orleans.Placement;
using EventCluster.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Orleans.Tests.Clusters;

/// <summary>Who owns a stream when owners double, silos die and streams are handed over.</summary>
public sealed class OwnershipTests : IAsyncDisposable
{
    private const int Edge = 3;

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
    public async Task SecondOwner_CommitsBesideTheGrain_IsFencedAndNothingIsLostOrDoubled()
    {
        var cluster = await StartAsync();
        var stream = cluster.Edge(Edge).GetStream(TestData.Name("s"));
        var start = (await stream.NewAsync()).Tail;
        await stream.PutAsync("1");
        await using var second = new LocalStreamDirectory(
            _memory, new LocalStreamDirectoryOptions(), TimeProvider.System, new Random(9), NullLogger<LocalStreamDirectory>.Instance);
        var other = second.GetStream(stream.Name);
        for (var i = 2; i < 20; i += 2)
        {
            // The second owner's append is not repeated by anybody: what it says did not happen is put again.
            while (await other.SendAsync(new AppendRequest { Events = TestData.Payloads($"{i}") }) is not AppendOutcome.Appended)
            {
            }

            await stream.PutAsync($"{i + 1}");
        }

        Assert.Equal(Enumerable.Range(1, 19).Select(i => $"{i}"), await stream.TextsAsync(start));
    }

    [Fact]
    public async Task DirectoryPartition_IsLostWithItsSilo_StreamsOfOtherSilosStayWhereTheyAre()
    {
        const int Streams = 60;
        var cluster = await StartAsync();
        var streams = Enumerable.Range(0, Streams).Select(i => cluster.Edge(Edge).GetStream(TestData.Name($"s{i}"))).ToArray();
        foreach (var stream in streams)
        {
            await stream.NewAsync();
        }

        var survivors = cluster.Backlog(0).Loaded(Streams).Concat(cluster.Backlog(1).Loaded(Streams)).ToHashSet();
        var before = await FencesAsync(streams);
        await cluster.KillAsync(2);
        await Phase.OfAsync("appends", Task.WhenAll(streams.Select(stream => stream.PutAsync("a"))));
        var after = await FencesAsync(streams);

        Assert.InRange(survivors.Count, 1, Streams - 1);
        Assert.All(streams, stream => Assert.Equal(survivors.Contains(stream.Name), before[stream.Name] == after[stream.Name]));
        foreach (var stream in streams)
        {
            Assert.Equal(["a"], await stream.TextsAsync());
        }
    }

    [Fact]
    public async Task HandOver_UnderLoad_EveryAppendLandsOnceAndReadersSeeAll()
    {
        const int Appends = 2_000;
        var cluster = await StartAsync();
        var stream = cluster.Edge(Edge).GetStream(TestData.Name("s"));
        await stream.NewAsync();
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < Appends; i++)
            {
                await stream.PutAsync($"{i}");
            }
        }, Cancellation);
        var grain = cluster.Services(Edge).GetRequiredService<IGrainFactory>().GetGrain<IStreamGrain>("s");
        var handOvers = 0;
        while (!writing.IsCompleted)
        {
            var target = (Owners(cluster).Append(0).First() + 1) % 3;
            await grain.HandOverAsync(cluster.Address(target));
            await Phase.UntilAsync(
                "the target owns it", () => writing.IsCompleted || cluster.Backlog(target).LoadedStreams == 1, Cancellation);
            handOvers++;
        }

        await Phase.OfAsync("writer", writing);

        Assert.True(handOvers > 3, $"The stream was handed over {handOvers} times only.");
        Assert.Equal(Enumerable.Range(0, Appends).Select(i => $"{i}"), await stream.TextsAsync());
    }

    [Fact]
    public async Task HandOver_ToATarget_GoesThere()
    {
        var cluster = await StartAsync();
        var stream = cluster.Edge(Edge).GetStream(TestData.Name("s"));
        await stream.NewAsync();
        var grain = cluster.Services(Edge).GetRequiredService<IGrainFactory>().GetGrain<IStreamGrain>("s");
        for (var target = 0; target < 3; target++)
        {
            await grain.HandOverAsync(cluster.Address(target));
            await Phase.UntilAsync("the stream left its owner", () => Owners(cluster).All(owner => owner == target), Cancellation);
            await stream.PutAsync($"{target}");

            Assert.Equal([target], Owners(cluster));
        }

        Assert.Equal(["0", "1", "2"], await stream.TextsAsync());
    }

    /// <summary>Goal: order and positions never depend on clocks. Method: owners whose clocks differ by minutes take turns.</summary>
    [Fact]
    public async Task HandOver_BetweenSilosWithSkewedClocks_KeepsOrderAndTimesThatNeverGoBack()
    {
        const int Rounds = 6;
        TimeSpan[] skews = [TimeSpan.FromMinutes(7), TimeSpan.FromMinutes(-9), TimeSpan.Zero];
        _cluster = await StreamCluster.StartAsync(
            4, silo => silo == Edge ? SiloRoles.Edge : SiloRoles.Backlog, _ => new SharedStore(_memory),
            clockOf: silo => new SkewedTimeProvider(silo < skews.Length ? skews[silo] : TimeSpan.Zero));
        var stream = _cluster.Edge(Edge).GetStream(TestData.Name("s"));
        var start = (await stream.NewAsync(new CreateRequest { TtlSeconds = 3_600 })).Tail;
        var grain = _cluster.Services(Edge).GetRequiredService<IGrainFactory>().GetGrain<IStreamGrain>("s");
        for (var round = 0; round < Rounds; round++)
        {
            var target = round % skews.Length;
            await grain.HandOverAsync(_cluster.Address(target));
            await Phase.UntilAsync("the stream left its owner", () => Owners(_cluster).All(owner => owner == target), Cancellation);
            await stream.PutAsync($"{round}a", $"{round}b");
        }

        var batch = Assert.IsType<ReadOutcome.Batch>(await stream.ReadAsync(
            new ReadRequest(start, 1_000_000, 1_000, TimeSpan.Zero, Touch: false), Cancellation));
        var events = batch.Slices.SelectMany(slice => Enumerable.Range(slice.Start, slice.End - slice.Start).Select(i => slice.Block[i])).ToList();

        Assert.Equal(Enumerable.Range(0, Rounds).SelectMany(i => new[] { $"{i}a", $"{i}b" }), batch.Texts());
        Assert.Equal(Enumerable.Range(1, 2 * Rounds).Select(i => start.Sequence + i), events.Select(seen => seen.Offset.Sequence));
        Assert.Equal(events.Select(seen => seen.TimeMilliseconds).Order(), events.Select(seen => seen.TimeMilliseconds));
    }

    /// <summary>Rule 3: an owner that nobody tells is told by the store.</summary>
    [Fact]
    public async Task WaitingRead_AtAnOwnerThatIsNoneAnyMore_IsMovedByTheFenceCheck()
    {
        _cluster = await StreamCluster.StartAsync(
            4, silo => silo == Edge ? SiloRoles.Edge : SiloRoles.Backlog, _ => new SharedStore(_memory),
            owners => (owners.FenceCheckInterval, owners.SweepInterval) = (TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(20)));
        var stream = _cluster.Edge(Edge).GetStream(TestData.Name("s"));
        var reading = stream.WaitAsync((await stream.NewAsync()).Tail, TimeSpan.FromMinutes(5));
        await Phase.UntilAsync("the read waits", () => Enumerable.Range(0, 3).Sum(silo => _cluster.Backlog(silo).ParkedReads) == 1, Cancellation);
        await using var second = new LocalStreamDirectory(
            _memory, new LocalStreamDirectoryOptions(), TimeProvider.System, new Random(9), NullLogger<LocalStreamDirectory>.Instance);

        await second.GetStream(stream.Name).PutAsync("1");

        Assert.Equal(["1"], Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("the read ends", reading)).Texts());
    }

    private static int[] Owners(StreamCluster cluster) =>
        [.. Enumerable.Range(0, 3).Where(silo => cluster.Backlog(silo).LoadedStreams > 0)];

    private async Task<Dictionary<Protocol.StreamName, long>> FencesAsync(IStreamHandle[] streams)
    {
        var fences = new Dictionary<Protocol.StreamName, long>();
        foreach (var stream in streams)
        {
            fences[stream.Name] = (await _memory.GetHeadAsync(stream.Name, Cancellation))!.Fence;
        }

        return fences;
    }

    private async Task<StreamCluster> StartAsync() => _cluster = await StreamCluster.StartAsync(
        4, silo => silo == Edge ? SiloRoles.Edge : SiloRoles.Backlog, _ => new SharedStore(_memory));
}
