using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Decisions;
using EventCluster.Core.State;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Forks;

/// <summary>What a salvage reads of states and writes into them.</summary>
public sealed class SalvagedStateTests
{
    private static readonly StreamName Fork = TestData.Name("fork");

    private static readonly StreamState Plain = new() { ContentType = StreamContentType.Parse("text/plain") };

    private static readonly ForkOrigin Origin = new(TestData.Name("s"), null, FromStart: false, 0, Incarnation: 7, Point: 5, HoldsSource: true);

    /// <summary>The claim names the entry that the source itself makes when it confirms the fork.</summary>
    [Fact]
    public void ClaimOf_AFork_NamesTheReservationThatItsSourceMade()
    {
        var log = TestLogs.Created(new CreateRequest { Events = TestData.Payloads("a", "b") });
        Assert.Null(log.Hold(new ForkSpec(log.Name, null, FromStart: false, 0), Fork, null, incarnation: 7, TestData.BaseTime).Refusal);
        var unconfirmed = TestLogs.Commit(log)!.State!.Value;
        log.ConfirmHold(Fork, 7);
        var confirmed = TestLogs.Commit(log)!;

        var claim = StoredEvents.ClaimOf(HeadOf(Plain with { Origin = Origin }))!.Value;

        Assert.Equal((TestData.Name("s"), 5L), (claim.Source, claim.Point));
        Assert.Equal(Assert.Single(confirmed.Producers).Id, claim.Id);
        Assert.True(StoredEvents.HasReservation(unconfirmed, claim.Id));
        Assert.False(StoredEvents.HasReservation(confirmed.State!.Value, claim.Id));
    }

    [Fact]
    public void ClaimOf_AStreamThatNeedsNoSource_IsNone() => Assert.All(
        new[] { Plain, Plain with { Origin = Origin with { HoldsSource = false } }, Plain with { Origin = Origin, Lifecycle = Lifecycle.Releasing } },
        static state => Assert.Null(StoredEvents.ClaimOf(HeadOf(state))));

    /// <summary>Goal: a reservation that was made again is one. Method: the source is loaded from what a salvage stores.</summary>
    [Fact]
    public void Salvaged_WithAReservation_KeepsItsForksEvents()
    {
        var state = StoredEvents.Salvaged(StreamStateCodec.Encode(Plain), default, hasReservations: true);
        var claim = StoredEvents.ClaimOf(HeadOf(Plain with { Origin = Origin }))!.Value;
        var head = new StoredHead(
            TestData.Name("s"), 1, 1, 1, new StreamHead(9, 0, 9, 0, StreamHead.NeverDue), new IncarnationList(new IncarnationStart(1, 0)), state);

        var log = new StreamLog(head.Name, new OpenedStream(1, head, [new ProducerEntry(claim.Id, 2, claim.Point, 0)]), TestLogs.Limits);

        Assert.True(log.HasHold(Fork, 7));
        log.Trim(8, 8);
        Assert.Equal([new SequenceRange(0, 2), new SequenceRange(5, 8)], TestLogs.Commit(log)!.Purges);
    }

    /// <summary>Why a position is not served: lost is not what retention dropped, and what a trim drops later is trimmed.</summary>
    [Theory]
    [InlineData(0, GapReason.Expired)]
    [InlineData(1, GapReason.Expired)]
    [InlineData(2, GapReason.Unknown)]
    [InlineData(4, GapReason.Unknown)]
    [InlineData(5, GapReason.Trimmed)]
    [InlineData(6, GapReason.Trimmed)]
    public void ReasonFor_PositionsOfASalvagedStream(long sequence, GapReason reason)
    {
        var salvaged = StreamStateCodec.Decode(StoredEvents.Salvaged(StreamStateCodec.Encode(Plain), new SequenceRange(2, 5), hasReservations: false));
        Assert.False(salvaged.KeepsForksApart);
        Assert.Equal(reason, StreamLog.ReasonFor(salvaged with { Trimmed = new SequenceRange(5, 7) }, sequence));
    }

    /// <summary>What a second salvage loses lies behind what the first one lost; nothing lost leaves it as it is.</summary>
    [Theory]
    [InlineData(5, 9, 2, 9)]
    [InlineData(7, 9, 2, 9)]
    [InlineData(0, 0, 2, 5)]
    public void Salvaged_Again_RemembersBoth(long from, long to, long allFrom, long allTo)
    {
        var once = StoredEvents.Salvaged(StreamStateCodec.Encode(Plain), new SequenceRange(2, 5), hasReservations: false);
        var twice = StoredEvents.Salvaged(once, new SequenceRange(from, to), hasReservations: false);
        Assert.Equal(new SequenceRange(allFrom, allTo), StreamStateCodec.Decode(twice).Lost);
    }

    private static StoredHead HeadOf(StreamState state) => new(
        Fork, 1, 1, 1, new StreamHead(5, 0, 5, 0, StreamHead.NeverDue), new IncarnationList(new IncarnationStart(7, 0)), StreamStateCodec.Encode(state));
}
