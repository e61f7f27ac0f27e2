using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Decisions;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Decisions;

/// <summary>A block goes once none of its events is inside the limits; the newest block goes by age only.</summary>
public sealed class RetentionDecisionTests
{
    private const long Now = TestData.BaseTime;

    [Theory]
    [InlineData(10, null, null, 0)]
    [InlineData(9, null, null, 0)]  // one event of the oldest block is inside
    [InlineData(6, null, null, 4)]  // the block of 4 is outside, the block of 1 is not
    [InlineData(5, null, null, 5)]
    [InlineData(1, null, null, 9)]
    [InlineData(null, 100, null, 0)]
    [InlineData(null, 60, null, 4)]  // 60 bytes follow the block of 4
    [InlineData(null, 61, null, 0)]
    [InlineData(null, 50, null, 5)]
    [InlineData(null, 49, null, 5)]
    [InlineData(null, 9, null, 9)]  // the newest block stays though it is above the limit
    [InlineData(null, null, 100, 0)]
    [InlineData(null, null, 21, 4)]
    [InlineData(null, null, 20, 5)]  // at its age exactly, an event is due
    [InlineData(null, null, 11, 5)]
    [InlineData(null, null, 1, 10)]
    public void TakeCommit_WithLimits_MovesTheHeadByWholeBlocks(int? events, int? bytes, int? age, long earliest)
    {
        // Blocks of 4, 1, 4 and 1 events of 10 bytes, 30, 20, 10 and 5 seconds old.
        var log = TestLogs.Created();
        foreach (var (count, seconds) in new[] { (4, 30), (1, 20), (4, 10), (1, 5) })
        {
            log.Append(new AppendRequest { Events = Events(count) }, Now - (seconds * 1000));
            TestLogs.Commit(log, Now - (seconds * 1000));
        }

        log.OfferWindow(
        [
            new RetainedBlock(4, 4, 40, Now - 30_000),
            new RetainedBlock(5, 1, 10, Now - 20_000),
            new RetainedBlock(9, 4, 40, Now - 10_000),
            new RetainedBlock(10, 1, 10, Now - 5_000),
        ]);
        Assert.Null(log.Configure(new RetentionLimits(events, bytes, age)));
        var commit = TestLogs.Commit(log, Now)!;

        Assert.Equal((earliest, 100 - (earliest * 10)), (commit.Head.Earliest, commit.Head.RetainedBytes));
        Assert.Equal(earliest, commit.Purges.Sum(purge => purge.To - purge.From));
        Assert.False(log.NeedsWindow(Now) && earliest < 10 && events is null, "The window still holds the oldest block.");
    }

    [Fact]
    public void DueAt_WithAge_IsWhenTheOldestBlockIsTooOld()
    {
        var log = TestLogs.Created(new CreateRequest { Retention = new RetentionLimits(AgeSeconds: 60) });
        log.Append(new AppendRequest { Events = Events(1) }, Now);
        Assert.Equal(Now + 60_000, TestLogs.Commit(log)!.Head.DueAtMilliseconds);
        log.Append(new AppendRequest { Events = Events(1) }, Now + 30_000);
        Assert.Equal(Now + 60_000, TestLogs.Commit(log, Now + 30_000)!.Head.DueAtMilliseconds);

        Assert.True(log.NeedsWindow(Now + 60_000));
        log.OfferWindow([new RetainedBlock(1, 1, 10, Now), new RetainedBlock(2, 1, 10, Now + 30_000)]);
        log.ApplyRetention(Now + 60_000);
        var commit = TestLogs.Commit(log, Now + 60_000)!;

        Assert.Equal((1L, Now + 90_000), (commit.Head.Earliest, commit.Head.DueAtMilliseconds));
        log.ApplyRetention(Now + 90_000);
        Assert.Equal(StreamHead.NeverDue, TestLogs.Commit(log, Now + 90_000)!.Head.DueAtMilliseconds);
    }

    [Fact]
    public void Suspended_Clock_LetsNothingGoByAge()
    {
        var log = TestLogs.Created(new CreateRequest { Retention = new RetentionLimits(AgeSeconds: 60), TtlSeconds = 60 });
        log.Append(new AppendRequest { Events = Events(1) }, Now);
        TestLogs.Commit(log);
        log.ExpirySuspended = true;

        Assert.False(log.NeedsWindow(Now + 600_000));
        Assert.False(log.IsExpired(Now + 600_000));
        log.ExpirySuspended = false;
        Assert.True(log.IsExpired(Now + 600_000));
    }

    [Fact]
    public void Defaults_LimitByLimit_GiveWayToTheStreams()
    {
        var defaults = TestLogs.Limits with { RetentionDefaults = new RetentionLimits(Events: 2, Bytes: 1_000) };
        var log = TestLogs.Created(new CreateRequest { Retention = new RetentionLimits(Events: 5) }, defaults);
        log.Append(new AppendRequest { Events = Events(5) }, Now);
        TestLogs.Commit(log);
        Assert.False(log.NeedsWindow(Now));
        log.Append(new AppendRequest { Events = Events(1) }, Now);
        Assert.True(log.NeedsWindow(Now));
    }

    private static IReadOnlyList<ReadOnlyMemory<byte>> Events(int count) =>
        [.. Enumerable.Range(0, count).Select(i => TestData.Payload($"{i:0000000000}"))];
}
