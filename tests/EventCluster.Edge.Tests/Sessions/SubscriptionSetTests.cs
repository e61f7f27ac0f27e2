using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Reading;
using EventCluster.Edge.Http;
using EventCluster.Edge.Sessions;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Sessions;

/// <summary>The state machine of a connection with several streams: outcomes of reads in, words out.</summary>
public sealed class SubscriptionSetTests : ISessionOutput, ISubscriptionReads
{
    private const int MaxRead = 1_000;

    private readonly List<string> _log = [];
    private readonly SubscriptionSet _set;
    private int _eventsPerSlice = int.MaxValue;
    private long _unflushed;

    public SubscriptionSetTests() => _set = new SubscriptionSet(this, this, MaxRead);

    [Fact]
    public void Backlog_ThenLive_ThenEnd()
    {
        var a = Add("a");
        _set.OnOpened(a, Batch(a, 0, tail: 2, "x", "y"), At(0));
        Assert.True(_set.Write(100_000));
        Assert.False(_set.HasReady);
        _set.OnRead(a, Batch(a, 2, tail: 3, "z"));
        _set.Write(100_000);
        _set.OnRead(a, Batch(a, 3, tail: 3, closed: true));
        Assert.Equal(
            ["open a 1000", "subscribed a 0", "events a 0-2", "read a 2 1000", "events a 2-3", "read a 3 1000", "end a 3", "leave a"],
            _log);
        Assert.Equal(0, _set.Count);
    }

    [Fact]
    public void LastEvents_OfAClosedStream_AreFollowedByTheEndAtOnce()
    {
        var a = Add("a");
        _set.OnOpened(a, Batch(a, 0, tail: 1, closed: true, "x"), At(0));
        _set.Write(100_000);
        Assert.Equal(["open a 1000", "subscribed a 0", "events a 0-1", "end a 1", "leave a"], _log);
    }

    [Fact]
    public void Slice_ThatTakesAPart_IsReadOnFromThere()
    {
        _eventsPerSlice = 1;
        var a = Add("a");
        _set.OnOpened(a, Batch(a, 0, tail: 2, closed: true, "x", "y"), At(0));
        _set.Write(100_000);
        Assert.Equal("read a 1 1000", _log[^1]);
    }

    [Fact]
    public void Turns_AreEqual_HoweverMuchOneStreamHas()
    {
        _eventsPerSlice = 1;
        var (busy, quiet) = (Add("busy"), Add("quiet"));
        _set.OnOpened(busy, Batch(busy, 0, tail: 9, "1", "2", "3", "4"), At(0));
        _set.OnOpened(quiet, Batch(quiet, 0, tail: 1, "q"), At(0));
        _log.Clear();
        for (var i = 1; i <= 3; i++)
        {
            _set.Write(100_000);
            _set.OnRead(busy, Batch(busy, i, tail: 9, "5", "6"));
            _set.OnRead(quiet, Batch(quiet, i, tail: 9, "q"));
        }

        Assert.Equal(
            ["events busy 0-1", "events quiet 0-1", "events busy 1-2", "events quiet 1-2", "events busy 2-3", "events quiet 2-3"],
            _log.Where(line => line.StartsWith("events", StringComparison.Ordinal)));
    }

    [Fact]
    public void Write_GivesEachReadyStreamItsShareOfTheSlice()
    {
        var (a, b) = (Add("a"), Add("b"));
        _set.OnOpened(a, Batch(a, 0, tail: 1, "x"), At(0));
        _set.OnOpened(b, Batch(b, 0, tail: 1, "x"), At(0));
        _set.Write(60_000);
        Assert.Equal([30_000, 30_000], Slices);
        _set.OnRead(a, Batch(a, 1, tail: 2, "x"));
        _set.Write(60_000);
        Assert.Equal([30_000, 30_000, 60_000], Slices);
    }

    [Fact]
    public void Credit_LimitsTheRead_IsOverdrawnByOneEventAtMost_AndThenKeepsThePositionOnly()
    {
        var a = Add("a", new SubscribeOptions(Credit: 3));
        _set.OnOpened(a, Batch(a, 0, tail: 5, "12345"), At(0));
        _set.Write(100_000);
        Assert.Equal(-2, a.Credit);
        Assert.Equal(["open a 3", "subscribed a 0", "events a 0-1", "read a 1 1"], _log);

        _set.OnRead(a, Batch(a, 1, tail: 5, "6"));
        Assert.Equal((SubscriptionPhase.Starved, null, false), (a.Phase, a.Batch, _set.HasReady));
        _set.AddCredit(a, 2);
        Assert.Equal((SubscriptionPhase.Starved, 0), (a.Phase, a.Credit));
        _set.AddCredit(a, 10);
        Assert.Equal("read a 1 10", _log[^1]);
    }

    [Fact]
    public void Credit_Given_StaysBelowOverflow_AndMeansNothingWithoutABound()
    {
        var (bounded, unbounded) = (Add("a", new SubscribeOptions(Credit: 1)), Add("b"));
        for (var i = 0; i < 3; i++)
        {
            _set.AddCredit(bounded, ProtocolLimits.MaxProducerNumber);
            _set.AddCredit(unbounded, ProtocolLimits.MaxProducerNumber);
        }

        Assert.Equal((ProtocolLimits.MaxProducerNumber, Subscription.Unbounded), (bounded.Credit, unbounded.Credit));
    }

    [Fact]
    public void End_NeedsNoCredit()
    {
        var a = Add("a", new SubscribeOptions(Credit: 0));
        _set.OnOpened(a, Batch(a, 0, tail: 0), At(0));
        _set.OnRead(a, Batch(a, 0, tail: 0, closed: true));
        Assert.Equal(["open a 1", "subscribed a 0", "read a 0 1", "end a 0", "leave a"], _log);
    }

    [Fact]
    public void Pause_LetsGoOfWhatIsInHand_AndResumeReadsItAgain()
    {
        var (a, b) = (Add("a"), Add("b"));
        _set.OnOpened(a, Batch(a, 0, tail: 1, "x"), At(0));
        _set.OnOpened(b, Batch(b, 0, tail: 0), At(0));
        _set.Pause();
        Assert.Equal((SubscriptionPhase.Parked, null, false), (a.Phase, a.Batch, _set.HasReady));
        _log.Clear();
        _set.Resume();
        Assert.Equal(["read a 0 1000"], _log);
        _set.OnRead(a, null);
        Assert.Equal(["read a 0 1000", "read a 0 1000"], _log);
    }

    [Fact]
    public void Window_ParksWhatHasCaughtUp_AndIsAtRestWhenAllHave()
    {
        var set = new SubscriptionSet(this, this, MaxRead) { ParksWhenCaughtUp = true };
        var (a, b) = (new Subscription(TestData.Name("a"), default), new Subscription(TestData.Name("b"), default));
        set.Add(a);
        set.Add(b);
        Assert.False(set.IsAtRest);
        set.OnOpened(a, Batch(a, 0, tail: 1, "x"), At(0));
        set.OnOpened(b, Batch(b, 0, tail: 2, "y"), At(0));
        Assert.False(set.IsAtRest);
        set.Write(100_000);
        Assert.Equal((SubscriptionPhase.Parked, SubscriptionPhase.Reading, false), (a.Phase, b.Phase, set.IsAtRest));
        set.OnRead(b, Batch(b, 1, tail: 2, "z"));
        set.Write(100_000);
        Assert.True(set.IsAtRest);

        set.Pause();
        _log.Clear();
        set.Resume();
        Assert.Equal(["read a 1 1000", "read b 2 1000"], _log);
        Assert.True(set.IsAtRest);
        set.OnRead(a, Batch(a, 1, tail: 2, "x"));
        Assert.False(set.IsAtRest);
    }

    [Theory]
    [InlineData("Default", "open a 1000|subscribed a 5|gap a 5|read a 5 1000")]
    [InlineData("Signal", "open a 1000|subscribed a 5|gap a 5|read a 5 1000")]
    [InlineData("Latest", "open a 1000|subscribed a 9|gap a 9|read a 9 1000")]
    [InlineData("Fail", "open a 1000|failed a gap|leave a")]
    public void Gap_FollowsThePolicy(string policy, string expected)
    {
        var a = Add("a", new SubscribeOptions(OnGap: Enum.Parse<GapPolicy>(policy)));
        var gap = new StreamGap(At(1), At(5), At(9), GapReason.Trimmed);
        _set.OnOpened(a, new ReadOutcome.Gap(gap, Descriptor(a, 9, closed: false)), At(1));
        Assert.Equal(expected.Split('|'), _log);
    }

    [Fact]
    public void Failure_EndsOneSubscriptionAlone()
    {
        var (a, b) = (Add("a"), Add("b"));
        _set.OnOpened(a, new ReadOutcome.NotFound(), default);
        _set.OnOpened(b, Batch(b, 0, tail: 0), At(0));
        _set.OnRead(b, new ReadOutcome.Gone());
        Assert.Equal(
            ["open a 1000", "open b 1000", "failed a not_found", "leave a", "subscribed b 0", "read b 0 1000", "end b 0", "leave b"],
            _log);
        Assert.Equal(StreamEnd.Deleted, b.Ending);
    }

    /// <summary>After a restore: what both histories share is not delivered again, and nothing else is skipped.</summary>
    [Theory]
    [InlineData("Signal", 1, 15, 0, 10)]
    [InlineData("Signal", 1, 15, 12, 12)]
    [InlineData("Signal", 5, 25, 0, 20)]
    [InlineData("Signal", 7, 15, 0, 0)]
    [InlineData("Signal", 99, 3, 2, 2)]
    [InlineData("Latest", 1, 15, 0, 30)]
    public void Gap_OfALostHistory_GoesOnWhereTheHistoriesPart(
        string policy, long incarnation, long sequence, long earliest, long expected)
    {
        var a = Add("a", new SubscribeOptions(OnGap: Enum.Parse<GapPolicy>(policy)));
        var histories = new IncarnationList(new IncarnationStart(1, 0), new IncarnationStart(5, 10), new IncarnationStart(9, 20));
        var requested = new StreamOffset(incarnation, sequence);
        var stream = Descriptor(a, 30, closed: false) with
        {
            Incarnations = histories,
            Earliest = histories.OffsetAfter(earliest),
            Tail = histories.OffsetAfter(30),
        };
        var gap = new StreamGap(requested, stream.Earliest, stream.Tail, GapReason.Recreated);

        _set.OnOpened(a, new ReadOutcome.Gap(gap, stream), requested);

        Assert.Equal(["open a 1000", $"subscribed a {expected}", $"gap a {expected}", $"read a {expected} 1000"], _log);
        Assert.True(histories.Holds(a.Position));
    }

    [Theory]
    [InlineData(-1, "expired")]
    [InlineData(1, "deleted")]
    [InlineData(null, "deleted")]
    public void Gone_UnderASubscription_EndsWithTheReason(int? expiresIn, string reason)
    {
        var clock = new VirtualTimeProvider();
        var set = new SubscriptionSet(this, this, MaxRead) { Time = clock };
        var a = new Subscription(TestData.Name("a"), default);
        set.Add(a);
        var batch = Batch(a, 0, tail: 0);
        set.OnOpened(
            a,
            batch with
            {
                Descriptor = batch.Descriptor with
                {
                    ExpiresAt = expiresIn is { } seconds ? clock.GetUtcNow() + TimeSpan.FromSeconds(seconds) : null,
                },
            },
            At(0));

        set.OnRead(a, new ReadOutcome.NotFound());

        Assert.Equal(reason, a.Ending.ToWire());
        Assert.Equal("leave a", _log[^1]);
        Assert.Equal("end a 0", _log[^2]);
    }

    [Fact]
    public void Slice_ThatIsFull_LeavesTheOtherTurnsForAfterTheFlush()
    {
        var (a, b, c) = (Add("a"), Add("b"), Add("c"));
        foreach (var each in new[] { a, b, c })
        {
            _set.OnOpened(each, Batch(each, 0, tail: 1, new string('x', 3_000)), At(0));
        }

        _log.Clear();
        _unflushed = 5_000;
        Assert.True(_set.Write(8_000));
        Assert.Empty(_log);
        _unflushed = 0;
        _set.Write(8_000);
        Assert.Equal(["events a 0-1", "events b 0-1", "events c 0-1"], _log.Where(l => l.StartsWith("events", StringComparison.Ordinal)));
    }

    [Fact]
    public void LargeEvent_StopsTheRound_AndGoesOnWhenItIsSent()
    {
        var (a, b) = (Add("a", new SubscribeOptions(Credit: 10)), Add("b"));
        _eventsPerSlice = 0;
        _set.OnOpened(a, Batch(a, 0, tail: 2, "xyz", "z"), At(0));
        _set.OnOpened(b, Batch(b, 0, tail: 1, closed: true, "x"), At(0));
        _log.Clear();
        _set.Write(100_000);
        Assert.Equal((a, At(0), SubscriptionPhase.Ready), (_set.Large!.Subscription, a.Position, b.Phase));
        _set.Pause();
        Assert.Equal(SubscriptionPhase.Parked, b.Phase);
        _set.OnLargeSent();
        Assert.Equal((null, At(1), 7), (_set.Large, a.Position, a.Credit));
        _set.Resume();
        Assert.Equal(["events a 0-0", "large a 0", "read a 1 7", "read b 0 1000"], _log);

        _log.Clear();
        _set.OnRead(b, Batch(b, 0, tail: 1, closed: true, "x"));
        _set.Write(100_000);
        _set.OnLargeSent();
        Assert.Equal(["events b 0-0", "large b 0", "end b 1", "leave b"], _log);
    }

    [Fact]
    public void LargeEvent_ThatIsRemovedBeforeItsFirstPart_IsReadAgain()
    {
        var a = Add("a");
        _eventsPerSlice = 0;
        _set.OnOpened(a, Batch(a, 0, tail: 1, "x"), At(0));
        _set.Write(100_000);
        _log.Clear();
        _set.OnLargeRemoved();
        Assert.Equal(["read a 0 1000"], _log);
        Assert.Null(_set.Large);
    }

    [Fact]
    public void Outcomes_AfterRemoval_MeanNothing()
    {
        var (a, b) = (Add("a"), Add("b"));
        _set.OnOpened(b, Batch(b, 0, tail: 1, "x"), At(0));
        _set.Remove(a);
        _set.Remove(b);
        _log.Clear();
        _set.OnOpened(a, Batch(a, 0, tail: 1, "x"), At(0));
        _set.OnRead(b, Batch(b, 0, tail: 1, "x"));
        _set.Write(100_000);
        Assert.Empty(_log);
    }

    void ISessionOutput.Subscribed(Subscription subscription, StreamDescriptor stream, bool isConfirmed) =>
        _log.Add($"subscribed {subscription.Name} {subscription.Position.Sequence}");

    StreamOffset ISessionOutput.Events(Subscription subscription, ReadOutcome.Batch batch, int maxBytes)
    {
        var end = Math.Min(batch.Next.Sequence, batch.From.Sequence + (long)_eventsPerSlice);
        _log.Add($"events {subscription.Name} {batch.From.Sequence}-{end}");
        Slices.Add(maxBytes);
        return At(end);
    }

    long ISessionOutput.Unflushed => _unflushed;

    LargeEvent ISessionOutput.Large(Subscription subscription, ReadOutcome.Batch batch)
    {
        _log.Add($"large {subscription.Name} {batch.From.Sequence}");
        return new LargeEvent(batch.Slices[0].Block, batch.Slices[0].Start, PayloadCoding.Raw, [], []);
    }

    void ISessionOutput.Part(LargeEvent large, int maxBytes) => throw new NotSupportedException("The set writes no parts.");

    void ISessionOutput.Gap(Subscription subscription, StreamGap gap) =>
        _log.Add($"gap {subscription.Name} {subscription.Position.Sequence}");

    void ISessionOutput.End(Subscription subscription, StreamOffset final) => _log.Add($"end {subscription.Name} {final.Sequence}");

    void ISessionOutput.Failed(Subscription subscription, RequestFault fault) => _log.Add($"failed {subscription.Name} {fault.Code}");

    void ISubscriptionReads.Open(Subscription subscription, int maxBytes) => _log.Add($"open {subscription.Name} {maxBytes}");

    void ISubscriptionReads.Read(Subscription subscription, int maxBytes) =>
        _log.Add($"read {subscription.Name} {subscription.Position.Sequence} {maxBytes}");

    void ISubscriptionReads.Leave(Subscription subscription) => _log.Add($"leave {subscription.Name}");

    private List<int> Slices { get; } = [];

    private static StreamOffset At(long sequence) => new(1, sequence);

    private static ReadOutcome.Batch Batch(Subscription subscription, long from, long tail, params string[] payloads) =>
        Batch(subscription, from, tail, closed: false, payloads);

    private static ReadOutcome.Batch Batch(
        Subscription subscription, long from, long tail, bool closed, params string[] payloads) =>
        new(
            At(from), At(from + payloads.Length),
            payloads.Length == 0 ? [] : [new BlockSlice(TestData.Block(1, from, payloads), 0, payloads.Length)],
            Descriptor(subscription, tail, closed));

    private static StreamDescriptor Descriptor(Subscription subscription, long tail, bool closed) => new()
    {
        Name = subscription.Name,
        ContentType = StreamContentType.Parse("text/plain"),
        Earliest = At(0),
        Tail = At(tail),
        Incarnations = new IncarnationList(new IncarnationStart(1, 0)),
        Closed = closed,
    };

    private Subscription Add(string name, SubscribeOptions options = default)
    {
        var subscription = new Subscription(TestData.Name(name), options);
        _set.Add(subscription);
        return subscription;
    }
}
