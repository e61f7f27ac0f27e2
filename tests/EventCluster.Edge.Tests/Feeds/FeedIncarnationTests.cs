using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Pump;
using EventCluster.Delivery.Reading;
using EventCluster.Edge.Live;
using EventCluster.Edge.Tests.Pumping;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Tests.Feeds;

/// <summary>Feeds and pumps compare positions with their incarnations (CORRECTNESS rules 21 and 22).</summary>
public sealed class FeedIncarnationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Whatever an owner says of a newer incarnation through this edge ends the feed of the older one.</summary>
    [Theory]
    [InlineData("batch", true)]
    [InlineData("gap", true)]
    [InlineData("not found", true)]
    [InlineData("gone", true)]
    [InlineData("described", true)]
    [InlineData("describe not found", true)]
    [InlineData("appended", true)]
    [InlineData("created", true)]
    [InlineData("unavailable", false)]
    [InlineData("batch of the same incarnation", false)]
    [InlineData("batch of an older incarnation", false)]
    public async Task OnSeen_AnswerOfAnotherIncarnation_EndsTheOlderFeed(string answer, bool ends)
    {
        await using var fixture = new FeedFixture();
        var stream = await fixture.CreateAsync("s", "a");
        var feedOf = (await DescribeAsync(stream)) with { Incarnations = new(new IncarnationStart(5, 0)), Tail = new(5, 1), Earliest = new(5, 0) };
        var newer = feedOf with { Incarnations = new(new IncarnationStart(9, 0)), Tail = new(9, 1), Earliest = new(9, 0) };
        var older = feedOf with { Incarnations = new(new IncarnationStart(2, 0)), Tail = new(2, 1), Earliest = new(2, 0) };
        fixture.HoldsReads = true;
        using var feed = new StreamFeedHold(fixture, stream, feedOf);
        switch (answer)
        {
            case "batch":
                fixture.Feeds.OnSeen(stream.Name, new ReadOutcome.Batch(newer.Tail, newer.Tail, [], newer));
                break;
            case "gap":
                fixture.Feeds.OnSeen(stream.Name, new ReadOutcome.Gap(
                    new StreamGap(feedOf.Tail, newer.Earliest, newer.Tail, GapReason.Recreated), newer));
                break;
            case "not found":
                fixture.Feeds.OnSeen(stream.Name, new ReadOutcome.NotFound());
                break;
            case "gone":
                fixture.Feeds.OnSeen(stream.Name, new ReadOutcome.Gone());
                break;
            case "described":
                fixture.Feeds.OnSeen(stream.Name, new DescribeOutcome.Found(newer));
                break;
            case "describe not found":
                fixture.Feeds.OnSeen(stream.Name, new DescribeOutcome.NotFound());
                break;
            case "appended":
                fixture.Feeds.OnSeen(stream.Name, new AppendOutcome.Appended(newer.Earliest, newer.Tail, Closed: false));
                break;
            case "created":
                fixture.Feeds.OnSeen(newer);
                break;
            case "unavailable":
                fixture.Feeds.OnSeen(stream.Name, new ReadOutcome.Unavailable(UnavailableReason.Moved, "moved"));
                break;
            case "batch of the same incarnation":
                fixture.Feeds.OnSeen(stream.Name, new ReadOutcome.Batch(feedOf.Tail, feedOf.Tail, [], feedOf));
                break;
            default:
                fixture.Feeds.OnSeen(stream.Name, new ReadOutcome.Batch(older.Tail, older.Tail, [], older));
                break;
        }

        Assert.Equal(ends, feed.Feed.IsEnded);
    }

    [Fact]
    public async Task Acquire_InstantOfANewerIncarnation_EndsTheOldFeedAndStartsAnother()
    {
        await using var fixture = new FeedFixture { HoldsReads = true };
        var stream = await fixture.CreateAsync("s", "a");
        var newer = await DescribeAsync(stream);
        var older = newer with { Incarnations = new(new IncarnationStart(1, 0)), Tail = new(1, 1), Earliest = new(1, 0) };
        newer = newer with { Incarnations = new(new IncarnationStart(3, 0)), Tail = new(3, 1), Earliest = new(3, 0) };
        using var old = fixture.Feeds.Acquire(stream, older);
        using var fresh = fixture.Feeds.Acquire(stream, newer);
        Assert.True(old.Feed.IsEnded);
        Assert.NotSame(old.Feed, fresh.Feed);
        Assert.False(fresh.Feed.IsEnded);

        // An instant that is late does not end what is newer.
        using var late = fixture.Feeds.Acquire(stream, older);
        Assert.Same(fresh.Feed, late.Feed);
        Assert.Equal(1, fixture.Feeds.Count);
    }

    /// <summary>
    /// An owner that was replaced calls the tail of the old incarnation a tail, while the feed is of the new one: the reader
    /// has not caught up, and asks a bounded number of times.
    /// </summary>
    [Fact]
    public async Task ReadAsync_OwnerAnswersOfAnOlderIncarnation_IsNotCaughtUpAndGivesUp()
    {
        await using var fixture = new FeedFixture();
        var stream = await fixture.CreateAsync("s", "a", "b");
        var now = await DescribeAsync(stream);
        var newer = now with { Incarnations = new(new IncarnationStart(now.Tail.Incarnation + 7, 0)), Tail = new(now.Tail.Incarnation + 7, 0), Earliest = new(now.Tail.Incarnation + 7, 0) };
        fixture.HoldsReads = true;
        using var feed = fixture.Feeds.Acquire(stream, newer);
        fixture.Stale = request => new ReadOutcome.Batch(request.From, now.Tail, [], now);
        using var reader = fixture.Feeds.Open(stream);
        var opened = await reader.OpenAsync(new ReadStart(StartKind.Position, now.Tail), 1_000, 10, Token);
        Assert.IsType<ReadOutcome.Batch>(opened);
        var before = fixture.Reads;
        var reading = reader.ReadAsync(1_000, 10, TimeSpan.Zero, Token).AsTask();
        await Phase.UntilAsync(
            "the read gives up", () => Task.FromResult(reading.IsCompleted),
            () => fixture.Clock.Advance(TimeSpan.FromMilliseconds(50)), Token);
        Assert.Equal(UnavailableReason.Moved, Assert.IsType<ReadOutcome.Unavailable>(await reading).Reason);
        Assert.InRange(fixture.Reads - before, 1, DeliveryLimits.MaxReadAttempts + 1);
    }

    [Fact]
    public async Task PlaceOf_PositionsOfAllKinds_SaysWhereTheyLie()
    {
        await using var fixture = new FeedFixture { HoldsReads = true };
        var stream = await fixture.CreateAsync("s", "a");
        var descriptor = await DescribeAsync(stream) with
        {
            Incarnations = new(new IncarnationStart(3, 0), new IncarnationStart(7, 10)),
            Earliest = new(3, 4),
            Tail = new(7, 20),
        };
        using var hold = new StreamFeedHold(fixture, stream, descriptor);
        Assert.Equal(
            [FeedPlace.Elsewhere, FeedPlace.Behind, FeedPlace.Behind, FeedPlace.Behind, FeedPlace.Elsewhere, FeedPlace.Elsewhere,
                FeedPlace.AtTail, FeedPlace.Ahead, FeedPlace.Elsewhere, FeedPlace.Elsewhere],
            new StreamOffset[] { new(3, 3), new(3, 4), new(3, 10), new(7, 10), new(3, 11), new(5, 12), new(7, 20), new(7, 21), new(9, 20), new(1, 5) }
                .Select(hold.Feed.PlaceOf));
    }

    /// <summary>The pump takes no connection whose position the stream's incarnations do not hold, whatever its sequence.</summary>
    [Theory]
    [InlineData(7, 20, true)]
    [InlineData(7, 25, true)]
    [InlineData(3, 10, true)]
    [InlineData(3, 20, false)]
    [InlineData(8, 20, false)]
    [InlineData(1, 0, false)]
    public async Task TryAdd_PositionOfAnotherIncarnation_IsRefused(long incarnation, long sequence, bool isTaken)
    {
        await using var fixture = new LiveFixture();
        fixture.Base.HoldsReads = true;
        var stream = await fixture.Base.CreateAsync("s", "a");
        var descriptor = await DescribeAsync(stream) with
        {
            Incarnations = new(new IncarnationStart(3, 0), new IncarnationStart(7, 10)),
            Earliest = new(3, 0),
            Tail = new(7, 20),
        };
        using var hold = new StreamFeedHold(fixture.Base, stream, descriptor);
        var source = new PumpedFeed(hold.Feed, fixture.Pumps.Next());
        using var connection = new NullConnection(SseFraming.EventSourceText) { Heartbeat = TimeSpan.FromSeconds(20), Position = new(incarnation, sequence) };
        Assert.Equal(isTaken, source.TryAdd(connection));
        Assert.Equal(isTaken ? 1 : 0, source.Connections.Count);
    }

    /// <summary>A framing that no connection uses any more is not encoded (each would cost an encode per event).</summary>
    [Fact]
    public async Task Remove_LastConnectionOfAFraming_ItsLogGoes()
    {
        await using var fixture = new LiveFixture();
        fixture.Base.HoldsReads = true;
        var stream = await fixture.Base.CreateAsync("s", "a");
        var descriptor = await DescribeAsync(stream);
        using var hold = new StreamFeedHold(fixture.Base, stream, descriptor);
        var source = new PumpedFeed(hold.Feed, fixture.Pumps.Next());
        var connections = new List<NullConnection>();
        foreach (var framing in new[] { SseFraming.EventSourceText, SseFraming.EventSourceBase64, SseFraming.MessageText, SseFraming.EventSourceBase64 })
        {
            connections.Add(new NullConnection(framing) { Heartbeat = TimeSpan.FromSeconds(20), Position = descriptor.Tail });
            Assert.True(source.TryAdd(connections[^1]));
        }

        Assert.Equal([SseFraming.EventSourceText, SseFraming.EventSourceBase64, SseFraming.MessageText], source.Framings);
        source.Remove(connections[1]);
        Assert.Contains(SseFraming.EventSourceBase64, source.Framings);
        source.Remove(connections[3]);
        Assert.Equal([SseFraming.EventSourceText, SseFraming.MessageText], source.Framings);
        connections.ForEach(static connection => connection.Dispose());
    }

    private static async Task<StreamDescriptor> DescribeAsync(IStreamHandle stream) =>
        Assert.IsType<DescribeOutcome.Found>(await stream.DescribeAsync(Token)).Descriptor;

    /// <summary>A feed that never hears anything.</summary>
    private sealed class StreamFeedHold(FeedFixture fixture, IStreamHandle stream, StreamDescriptor descriptor) : IDisposable
    {
        private readonly FeedLease _lease = fixture.Feeds.Acquire(new SilentHandle(stream), descriptor);

        public StreamFeed Feed => _lease.Feed;

        public void Dispose() => _lease.Dispose();
    }

    private sealed class NullConnection : PumpedConnection, IDisposable
    {
        private readonly LiveResponse _response;

        public NullConnection(SseFraming framing)
            : this(new LiveResponse(new DefaultHttpContext(), new EdgeOptions(), CancellationToken.None), framing)
        {
        }

        private NullConnection(LiveResponse response, SseFraming framing)
            : base(response, framing) => _response = response;

        public override void WriteSlice(FrameLog log, PumpedFeed source, HeldPosition from, HeldPosition to)
        {
        }

        public override void WriteHeartbeat(PumpedFeed source)
        {
        }

        public void Dispose() => _response.Dispose();
    }

    private sealed class SilentHandle(IStreamHandle inner) : IStreamHandle
    {
        public StreamName Name => inner.Name;

        public ValueTask<CreateOutcome> CreateAsync(CreateRequest request, CancellationToken cancellationToken) =>
            inner.CreateAsync(request, cancellationToken);

        public ValueTask<AppendOutcome> AppendAsync(AppendRequest request, CancellationToken cancellationToken) =>
            inner.AppendAsync(request, cancellationToken);

        public async ValueTask<ReadOutcome> ReadAsync(ReadRequest request, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return new ReadOutcome.NotFound();
        }

        public ValueTask<DescribeOutcome> DescribeAsync(CancellationToken cancellationToken) => inner.DescribeAsync(cancellationToken);

        public ValueTask<ConfigureOutcome> ConfigureAsync(RetentionLimits changes, CancellationToken cancellationToken) =>
            inner.ConfigureAsync(changes, cancellationToken);

        public ValueTask<TrimOutcome> TrimAsync(StreamOffset before, CancellationToken cancellationToken) =>
            inner.TrimAsync(before, cancellationToken);

        public ValueTask<DeleteOutcome> DeleteAsync(CancellationToken cancellationToken) => inner.DeleteAsync(cancellationToken);
    }
}
