using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core.Decisions;
using EventCluster.Core.State;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Forks;

/// <summary>A fork costs its source the same whether it is the first or the ten-thousandth, and none is forgotten.</summary>
public sealed class ForkCostTests
{
    private const int MaxStateBytes = 64 * 1024;

    private static readonly LogLimits Limits = TestLogs.Limits with { MaxStateBytes = MaxStateBytes };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Fork_TheFirstAndTheTenThousandth_CommitTheSameBytes()
    {
        var log = TestLogs.Created(new CreateRequest { Events = TestData.Payloads("a") }, Limits);
        var costs = new List<long>();
        for (var i = 0; i < Limits.MaxForks; i++)
        {
            costs.Add(ForkOf(log, Name(i), i + 2));
        }

        Assert.Equal(Limits.MaxForks, log.ForkCount);
        Assert.IsType<CreateOutcome.ForkLimit>(Hold(log, Name(0), 1_000_000).Refusal);

        // The first one also notes that forks are kept apart; numbers take a byte or two more as they grow.
        Assert.InRange(costs[^1], 1, costs[0] + 16);
        Assert.InRange(costs[costs.Count / 2], 1, costs[0] + 16);
    }

    /// <summary>The entries' form is in every data directory: it never changes.</summary>
    [Fact]
    public void Entry_OfAConfirmedFork_IsFrozen()
    {
        var log = TestLogs.Created(new CreateRequest { Events = TestData.Payloads("a", "b") }, Limits);
        Hold(log, TestData.Name("fork"), 0x2a);
        log.ConfirmHold(TestData.Name("fork"), 0x2a);

        Assert.Equal(
            new ProducerEntry("__ec/fork/000000000000002a/8d0c7ac992af2f4913b47d425af0fe08", 0, 2, 0),
            Assert.Single(TestLogs.Commit(log)!.Producers));
    }

    /// <summary>The same fork asks again after its hold was confirmed, or dropped in the same commit: one entry or none.</summary>
    [Fact]
    public void Fork_AskedAgainAndDroppedInOneCommit_LeavesWhatTheLastStepSays()
    {
        var (log, fork) = (TestLogs.Created(new CreateRequest { Events = TestData.Payloads("a") }, Limits), TestData.Name("fork"));
        ForkOf(log, fork, 2);

        Hold(log, fork, 2);
        var again = TestLogs.Commit(log)!;
        Assert.Empty(again.Producers);
        Assert.Equal([ForkReservations.IdOf(fork, 2)], again.RemovedProducers);
        log.ConfirmHold(fork, 2);
        Assert.Single(TestLogs.Commit(log)!.Producers);

        Hold(log, fork, 2);
        log.ConfirmHold(fork, 2);
        var both = TestLogs.Commit(log)!;
        Assert.Single(both.Producers);
        Assert.Empty(both.RemovedProducers);

        Hold(log, fork, 2);
        log.ConfirmHold(fork, 2);
        log.DropHold(fork, 2);
        var gone = TestLogs.Commit(log)!;
        Assert.Empty(gone.Producers);
        Assert.Equal([ForkReservations.IdOf(fork, 2)], gone.RemovedProducers);
        Assert.Equal(0, log.ForkCount);
        Assert.Empty(log.State.Holds);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(300)]
    public void StateOfAnEarlierBuild_ForksInIt_AreMovedOutAFewAtATime(int forks)
    {
        var old = new StreamState
        {
            ContentType = StreamContentType.Default,
            Holds = [.. Enumerable.Range(0, forks).Select(i => new ForkHold(Name(i), i + 2, i % 3, 3, Confirmed: i % 7 != 0, 1))],
        };
        var log = TestLogs.New("s", Limits with { MaxStateBytes = 1024 * 1024 }, old, new StreamHead(3, 3, 0, 0, StreamHead.NeverDue));
        Assert.Equal(forks, log.ForkCount);
        Assert.False(log.State.KeepsForksApart);
        var confirmed = old.Holds.Count(hold => hold.Confirmed);
        for (var i = forks; i < forks + 40; i++)
        {
            ForkOf(log, Name(i), i + 2);
        }

        Assert.Equal(forks + 40, log.ForkCount);
        Assert.Equal(forks - confirmed, log.State.Holds.Count);
        Assert.True(log.State.KeepsForksApart);
        for (var i = 0; i < forks + 40; i++)
        {
            Assert.True(log.HasHold(Name(i), i + 2));
        }
    }

    /// <summary>What is kept apart survives a crash, keeps its events, and goes one by one; with the last the source ends.</summary>
    [Fact]
    public async Task Forks_OfOneSource_SurviveACrashAndGoOneByOne()
    {
        const int Forks = 50;
        await using var fixture = new DirectoryFixture();
        await fixture.At("source").NewAsync(new CreateRequest { Events = TestData.Payloads("a", "b") });
        for (var i = 0; i < Forks; i++)
        {
            await fixture.At($"fork-{i}").NewForkAsync(fixture.At("source"));
        }

        var bytes = (await fixture.Truth.GetHeadAsync(TestData.Name("source"), Cancellation))!.State.Length;
        Assert.InRange(bytes, 1, 200);
        fixture.Crash(seed: 2);
        await fixture.At("source").DeleteAsync(Cancellation);
        for (var i = 0; i < Forks; i++)
        {
            Assert.Equal(["a", "b"], await fixture.At($"fork-{i}").TextsAsync());
            await fixture.At($"fork-{i}").DeleteAsync(Cancellation);
            Assert.Equal(i == Forks - 1, await fixture.Truth.GetHeadAsync(TestData.Name("source"), Cancellation) is null);
        }
    }

    [Fact]
    public async Task Producers_BesideForks_KeepTheirLimitAndTheirState()
    {
        await using var fixture = new DirectoryFixture(new LocalStreamDirectoryOptions { MaxProducersPerStream = 2 });
        var source = fixture.At("source");
        await source.NewAsync();
        for (var i = 0; i < 5; i++)
        {
            await fixture.At($"fork-{i}").NewForkAsync(source);
        }

        foreach (var producer in new[] { "p", "q" })
        {
            Assert.IsType<AppendOutcome.Appended>(await source.SendAsync(As(producer)));
        }

        fixture.Crash(seed: 2);
        source = fixture.At("source");
        Assert.IsType<AppendOutcome.ProducerLimit>(await source.SendAsync(As("r")));
        Assert.IsType<AppendOutcome.Duplicate>(await source.SendAsync(As("p")));
    }

    [Theory]
    [InlineData(ProducerStamp.ReservedPrefix + "fork/0000000000000002/00000000000000000000000000000000")]
    [InlineData(ProducerStamp.ReservedPrefix)]
    [InlineData("")]
    public async Task ReservedIdentity_AsAProducer_IsRefused(string id)
    {
        await using var fixture = new DirectoryFixture();
        await fixture.At("s").NewAsync();

        await Assert.ThrowsAsync<ArgumentException>(() => fixture.At("s").SendAsync(As(id)));
    }

    private static AppendRequest As(string producer) =>
        new() { Events = TestData.Payloads(producer), Producer = new ProducerStamp(producer, 0, 0) };

    private static StreamName Name(int i) => TestData.Name($"{i:00000}-{new string('f', 500)}");

    private static HoldDecision Hold(StreamLog log, StreamName fork, long incarnation) =>
        log.Hold(new ForkSpec(log.Name, null, FromStart: false, 0), fork, null, incarnation, TestData.BaseTime);

    /// <summary>Bytes that both commits of the source carry.</summary>
    private static long ForkOf(StreamLog log, StreamName fork, long incarnation)
    {
        Assert.NotNull(Hold(log, fork, incarnation).Basis);
        var bytes = Bytes(TestLogs.Commit(log)!);
        log.ConfirmHold(fork, incarnation);
        return bytes + Bytes(TestLogs.Commit(log)!);
    }

    private static long Bytes(StreamCommit commit) =>
        (commit.State?.Length ?? 0) + commit.Producers.Sum(entry => entry.Id.Length + 24);
}
