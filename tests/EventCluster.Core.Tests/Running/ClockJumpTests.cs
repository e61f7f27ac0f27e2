using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Running;

/// <summary>
/// The wall clock jumps. Intervals inside the process do not notice; what is stored with a time ends late, never early
/// (CORRECTNESS rules 7 and 9).
/// </summary>
public sealed class ClockJumpTests
{
    private static readonly TimeSpan[] Jumps =
    [
        TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), TimeSpan.FromDays(1), TimeSpan.FromDays(8),
        -TimeSpan.FromSeconds(1), -TimeSpan.FromHours(1), -TimeSpan.FromDays(1), -TimeSpan.FromDays(8),
    ];

    public static TheoryData<TimeSpan> AllJumps => [.. Jumps];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(AllJumps))]
    public async Task FenceCheck_AfterAJump_SendsReadsOfAReplacedOwnerAway(TimeSpan jump)
    {
        await using var fixture = new DirectoryFixture(new LocalStreamDirectoryOptions { FenceCheckInterval = TimeSpan.FromSeconds(5) });
        var stale = fixture.At("s");
        var tail = (await stale.NewAsync()).Tail;
        fixture.Directory.Start();
        var waiting = stale.WaitAsync(tail, TimeSpan.FromDays(3));
        await SweepAsync(fixture, times: 10);

        fixture.Clock.JumpWallClock(jump);
        var other = fixture.OpenAnother(seed: 2).GetStream(stale.Name);
        await other.PutAsync("a");
        await Phase.UntilAsync(
            "the read is sent away", () => Task.FromResult(waiting.IsCompleted), () => fixture.Clock.Advance(TimeSpan.FromSeconds(1)), Cancellation);

        Assert.Equal(UnavailableReason.Moved, Assert.IsType<ReadOutcome.Unavailable>(await waiting).Reason);
        Assert.True(fixture.Clock.Elapsed < TimeSpan.FromDays(3), "The read was sent away and did not time out.");
    }

    [Theory]
    [MemberData(nameof(AllJumps))]
    public async Task IdleUnload_AfterAJump_NeitherEarlyNorNever(TimeSpan jump)
    {
        await using var fixture = new DirectoryFixture();
        await fixture.At("s").NewAsync();
        fixture.Directory.Start();
        await SweepAsync(fixture, times: 2);

        fixture.Clock.JumpWallClock(jump);
        await SweepAsync(fixture, times: 2);
        Assert.Equal(1, fixture.Directory.LoadedStreams);

        fixture.Clock.Advance(TimeSpan.FromSeconds(60));
        await Phase.UntilAsync(
            "the stream leaves memory",
            () => Task.FromResult(fixture.Directory.LoadedStreams == 0),
            () => fixture.Clock.Advance(TimeSpan.FromSeconds(1)),
            Cancellation);
    }

    [Theory]
    [MemberData(nameof(AllJumps))]
    public async Task RoomAtTheLimit_AfterAJump_IsMadeAfterASecond(TimeSpan jump)
    {
        await using var fixture = new DirectoryFixture(new LocalStreamDirectoryOptions { MaxLoadedStreams = 1 });
        await fixture.At("one").NewAsync();
        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        await fixture.At("two").NewAsync();

        fixture.Clock.JumpWallClock(jump);
        Assert.IsType<CreateOutcome.Unavailable>(await fixture.At("three").CreateAsync(new CreateRequest(), Cancellation));
        fixture.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.IsType<CreateOutcome.Created>(await fixture.At("three").CreateAsync(new CreateRequest(), Cancellation));
    }

    [Theory]
    [MemberData(nameof(AllJumps))]
    public async Task RetentionDefaults_ChangedBeforeAJump_AreAppliedAfterTheirTime(TimeSpan jump)
    {
        await using var fixture = new DirectoryFixture();
        var stream = fixture.At("s");
        await stream.NewAsync(new CreateRequest { Events = TestData.Payloads("a") });
        await stream.PutAsync("b");
        fixture.Directory.Start();
        await SweepAsync(fixture, times: 2);
        await fixture.Directory.ReleaseAsync(stream.Name);

        fixture.Directory.ChangeRetentionDefaults(new RetentionLimits(Events: 1));
        fixture.Clock.JumpWallClock(jump);
        await SweepAsync(fixture, times: 2);
        Assert.Equal(0, await EarliestAsync());
        fixture.Clock.Advance(TimeSpan.FromSeconds(15));

        await Phase.UntilAsync(
            "the defaults are applied",
            async () => await EarliestAsync() == 1,
            () => fixture.Clock.Advance(TimeSpan.FromSeconds(1)),
            Cancellation);

        async Task<long> EarliestAsync() =>
            (await fixture.Truth.GetHeadAsync(stream.Name, Cancellation))!.Head.Earliest;
    }

    [Theory]
    [MemberData(nameof(AllJumps))]
    public async Task WaitingRead_AfterAJump_EndsAtItsDeadline(TimeSpan jump)
    {
        await using var fixture = new DirectoryFixture();
        var stream = fixture.At("s");
        var waiting = stream.WaitAsync((await stream.NewAsync()).Tail, TimeSpan.FromSeconds(20));

        fixture.Clock.JumpWallClock(jump);
        fixture.Clock.Advance(TimeSpan.FromSeconds(19));
        Assert.False(waiting.IsCompleted);
        fixture.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Empty(Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("the read ends", waiting)).Slices);
    }

    [Theory]
    [MemberData(nameof(AllJumps))]
    public async Task ProducerLimit_AfterAJump_ForgetsNoActiveProducer(TimeSpan jump)
    {
        await using var fixture = new DirectoryFixture(new LocalStreamDirectoryOptions { MaxProducersPerStream = 2 });
        var stream = fixture.At("s");
        await stream.NewAsync();
        await stream.SendAsync(As("p"));
        await stream.SendAsync(As("q"));
        fixture.Clock.Advance(TimeSpan.FromSeconds(1));

        fixture.Clock.JumpWallClock(jump);

        // Where the clock is not trusted there is room for a few more, as none may be forgotten.
        var isSuspended = jump.Duration() >= TimeSpan.FromSeconds(60);
        Assert.Equal(isSuspended, await stream.SendAsync(As("r")) is AppendOutcome.Appended);
        Assert.IsType<AppendOutcome.ProducerLimit>(await stream.SendAsync(As("s")));
        Assert.IsType<AppendOutcome.Duplicate>(await stream.SendAsync(As("p")));
        Assert.IsType<AppendOutcome.Duplicate>(await stream.SendAsync(As("q")));
    }

    [Fact]
    public async Task ProducerLimit_WallClockJumps8Days_AProducerThatWasActiveIsNotForgotten()
    {
        await using var fixture = new DirectoryFixture(new LocalStreamDirectoryOptions { MaxProducersPerStream = 2 });
        var stream = fixture.At("s");
        await stream.NewAsync();
        await stream.SendAsync(As("p"));
        await stream.SendAsync(As("q"));
        fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        fixture.Clock.JumpWallClock(TimeSpan.FromDays(8));
        await stream.SendAsync(As("r"));
        await stream.SendAsync(As("p"));
        await stream.SendAsync(As("q"));

        Assert.Equal(["p0", "q0", "r0"], await stream.TextsAsync());
    }

    /// <summary>Used while the clock was set back, idle for long by the clock once it is right: it counts as used just now.</summary>
    [Theory]
    [MemberData(nameof(AllJumps))]
    public async Task ProducerLimit_JumpAndBack_ForgetsNoActiveProducer(TimeSpan jump)
    {
        await using var fixture = new DirectoryFixture(new LocalStreamDirectoryOptions { MaxProducersPerStream = 2 });
        var stream = fixture.At("s");
        await stream.NewAsync();
        fixture.Clock.JumpWallClock(jump);
        await stream.SendAsync(As("p"));
        await stream.SendAsync(As("q"));
        fixture.Clock.JumpWallClock(-jump);
        fixture.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.IsType<AppendOutcome.ProducerLimit>(await stream.SendAsync(As("r")));
        fixture.Clock.Advance(TimeSpan.FromDays(7) + jump.Duration());
        Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(As("r")));
    }

    /// <summary>
    /// Goal: a stream that is used never expires because of the clock. Method: used, the clock jumps, used, the clock is
    /// set right again; it ends when it was not used for its time to live.
    /// </summary>
    [Theory]
    [MemberData(nameof(AllJumps))]
    public async Task TimeToLive_JumpAndBack_EndsLateAndNotEarly(TimeSpan jump)
    {
        await using var fixture = new DirectoryFixture();
        var stream = fixture.At("s");
        await stream.NewAsync(new CreateRequest { TtlSeconds = 600 });
        fixture.Clock.JumpWallClock(jump);
        var other = fixture.At("created meanwhile");
        await other.NewAsync(new CreateRequest { TtlSeconds = 600 });
        for (var i = 0; i < 4; i++)
        {
            fixture.Clock.Advance(TimeSpan.FromSeconds(500));
            await TouchAsync(stream);
            await TouchAsync(other);
        }

        fixture.Clock.JumpWallClock(-jump);
        fixture.Clock.Advance(TimeSpan.FromSeconds(500));
        Assert.IsType<DescribeOutcome.Found>(await stream.DescribeAsync(Cancellation));
        Assert.IsType<DescribeOutcome.Found>(await other.DescribeAsync(Cancellation));

        fixture.Clock.Advance(TimeSpan.FromSeconds(101) + jump.Duration());
        Assert.IsType<DescribeOutcome.NotFound>(await stream.DescribeAsync(Cancellation));
        Assert.IsType<DescribeOutcome.NotFound>(await other.DescribeAsync(Cancellation));
    }

    /// <summary>An unconfirmed hold whose time lies in the future, because the clock was set back, is settled all the same.</summary>
    [Theory]
    [MemberData(nameof(AllJumps))]
    public async Task UnconfirmedHold_AfterAJump_IsSettled(TimeSpan jump)
    {
        await using var fixture = new DirectoryFixture();
        var source = fixture.At("source");
        await source.NewAsync(new CreateRequest { Events = TestData.Payloads("a") });
        await fixture.Directory.Streams.Submit(source.Name, new Core.Commands.HoldCommand(
            new ForkSpec(source.Name, null, FromStart: false, 0), TestData.Name("fork"), null, incarnation: 77));
        fixture.Clock.JumpWallClock(jump);
        fixture.Clock.Advance(TimeSpan.FromSeconds(62));

        await fixture.Directory.LocalOwners.VisitAsync(source.Name);

        await source.DeleteAsync(Cancellation);
        Assert.Null(await fixture.Truth.GetHeadAsync(source.Name, Cancellation));
    }

    private static AppendRequest As(string producer) =>
        new() { Events = TestData.Payloads($"{producer}0"), Producer = new ProducerStamp(producer, 0, 0) };

    private static async Task TouchAsync(IStreamHandle stream)
    {
        var tail = (await stream.StateAsync()).Tail;
        Assert.IsType<ReadOutcome.Batch>(await stream.ReadAsync(new ReadRequest(tail, 1, 1, TimeSpan.Zero, Touch: true), Cancellation));
    }

    /// <summary>Lets the sweeper run about so often.</summary>
    private static async Task SweepAsync(DirectoryFixture fixture, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await Phase.UntilAsync("the sweeper waits", () => fixture.Clock.NextDue is not null, Cancellation);
            fixture.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancellation);
        }
    }
}
