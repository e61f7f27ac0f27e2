using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Running;

/// <summary>A stream that leaves its owner, in good order or because another owner took it (CORRECTNESS rules 2 and 3).</summary>
public sealed class HandOverTests : IAsyncDisposable
{
    private static readonly TimeSpan FenceCheck = TimeSpan.FromSeconds(5);

    private readonly DirectoryFixture _fixture = new(new LocalStreamDirectoryOptions { FenceCheckInterval = FenceCheck });

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Release_WithPendingAppends_AnswersThemAndTheNextOwnerHasThem()
    {
        var stream = _fixture.At("s");
        await stream.NewAsync();
        _fixture.Store.Hold();
        var pending = Enumerable.Range(0, 3).Select(i => stream.SendAsync(Plain($"{i}"))).ToList();
        await Phase.UntilAsync("a commit is held", () => _fixture.Store.Held == 1, Cancellation);

        var released = _fixture.Directory.ReleaseAsync(stream.Name);
        var refused = await stream.SendAsync(Plain("late"));
        _fixture.Store.LetGo();
        await Phase.OfAsync("the stream is released", released);

        Assert.Equal(UnavailableReason.Moved, Assert.IsType<AppendOutcome.Unavailable>(refused).Reason);
        Assert.All(await Task.WhenAll(pending), outcome => Assert.IsType<AppendOutcome.Appended>(outcome));
        Assert.Equal(0, _fixture.Directory.LoadedStreams);
        var next = _fixture.OpenAnother(seed: 2).GetStream(stream.Name);
        Assert.Equal(["0", "1", "2"], await next.TextsAsync());
    }

    [Fact]
    public async Task Release_OfAStreamWithATtl_CommitsTheNewestAccess()
    {
        var stream = _fixture.At("s");
        await stream.NewAsync(new CreateRequest { TtlSeconds = 100 });
        _fixture.Clock.Advance(TimeSpan.FromSeconds(5));
        var tail = (await stream.StateAsync()).Tail;
        await stream.ReadAsync(new ReadRequest(tail, 1, 1, TimeSpan.Zero, Touch: true), Cancellation);
        var before = (await _fixture.Truth.GetHeadAsync(stream.Name, Cancellation))!.Version;

        await Phase.OfAsync("the stream is released", _fixture.Directory.ReleaseAsync(stream.Name));

        Assert.Equal(before + 1, (await _fixture.Truth.GetHeadAsync(stream.Name, Cancellation))!.Version);
    }

    [Fact]
    public async Task Release_OfAStreamThatIsNotLoaded_DoesNothing()
    {
        await Phase.OfAsync("nothing is released", _fixture.Directory.ReleaseAsync(TestData.Name("s")));

        Assert.Equal(0, _fixture.Directory.LoadedStreams);
    }

    /// <summary>
    /// Goal: a step that arrives while the owner leaves is answered. Method: steps and releases at the same time, so often
    /// that each place between the two is met.
    /// </summary>
    [Fact]
    public async Task Release_BesideVisits_EveryVisitIsAnswered()
    {
        const int Rounds = 600;
        var stream = _fixture.At("s");
        await stream.NewAsync();
        for (var round = 0; round < Rounds; round++)
        {
            await stream.StateAsync();
            using var start = new Barrier(4);
            var visits = Enumerable.Range(0, 3).Select(_ => Task.Run(
                async () =>
                {
                    start.SignalAndWait(Cancellation);
                    for (var i = 0; i < 30; i++)
                    {
                        await _fixture.Directory.Streams.VisitAsync(stream.Name);
                    }
                },
                Cancellation));
            var releases = Task.Run(
                async () =>
                {
                    start.SignalAndWait(Cancellation);
                    for (var i = 0; i < 10; i++)
                    {
                        await _fixture.Directory.ReleaseAsync(stream.Name);
                    }
                },
                Cancellation);
            await Phase.OfAsync($"round {round}: every visit is answered", Task.WhenAll([.. visits, releases]));
        }

        await Phase.OfAsync("the stream is released", _fixture.Directory.ReleaseAsync(stream.Name));
        Assert.Equal(0, _fixture.Directory.LoadedStreams);
        await stream.PutAsync("a");
    }

    /// <summary>Two hand-overs and a stop at once, with a step in flight: all of them end, and the step is answered.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Release_TwiceWhileAStepIsInFlight_AllEnd(bool stopFirst)
    {
        var stream = _fixture.At("s");
        await stream.NewAsync();
        if (stopFirst)
        {
            await _fixture.Directory.Streams.GetRunner(stream.Name).StopAsync();
        }

        _fixture.Store.Hold();
        var step = _fixture.Directory.Streams.Submit(stream.Name, new Core.Commands.StepCommand(static log => log.MoveDue())).AsTask();
        await Phase.UntilAsync("a commit is held", () => _fixture.Store.Held == 1, Cancellation);
        var first = _fixture.Directory.ReleaseAsync(stream.Name);
        var second = _fixture.Directory.ReleaseAsync(stream.Name);
        var late = await Phase.OfAsync("a late visit is answered", _fixture.Directory.Streams.VisitAsync(stream.Name).AsTask());

        Assert.False(first.IsCompleted);
        Assert.False(second.IsCompleted);
        Assert.Equal(UnavailableReason.Moved, late.Step.Reason);
        _fixture.Store.LetGo();
        await Phase.OfAsync("both end", Task.WhenAll(first, second));
        Assert.NotNull((await Phase.OfAsync("the step is answered", step)).View);
    }

    [Fact]
    public async Task Rule3_AReadWaitsAtAStaleOwner_TheFenceCheckSendsItAway()
    {
        var stale = _fixture.At("s");
        var tail = (await stale.NewAsync()).Tail;
        _fixture.Directory.Start();
        var waiting = stale.WaitAsync(tail);
        var other = _fixture.OpenAnother(seed: 2).GetStream(stale.Name);
        await other.PutAsync("a");
        Assert.False(waiting.IsCompleted);

        await Phase.UntilAsync(
            "the read ends", () => Task.FromResult(waiting.IsCompleted), () => _fixture.Clock.Advance(TimeSpan.FromSeconds(1)), Cancellation);
        var moved = Assert.IsType<ReadOutcome.Unavailable>(await waiting);
        Assert.Equal(UnavailableReason.Moved, moved.Reason);
        var fence = (await _fixture.Truth.GetHeadAsync(stale.Name, Cancellation))!.Fence;
        await other.PutAsync("b");
        Assert.Equal(fence, (await _fixture.Truth.GetHeadAsync(stale.Name, Cancellation))!.Fence);
    }

    [Fact]
    public async Task Rule2_OwnershipIsLostInACommit_WaitingReadsAreSentAwayAndDoNotTakeItBack()
    {
        var stale = _fixture.At("s");
        var tail = (await stale.NewAsync()).Tail;
        var waiting = stale.WaitAsync(tail);
        var other = _fixture.OpenAnother(seed: 2).GetStream(stale.Name);
        await other.PutAsync("a");

        await stale.SendAsync(Plain("refused"));

        var moved = Assert.IsType<ReadOutcome.Unavailable>(await Phase.OfAsync("the read ends", waiting));
        Assert.Equal(UnavailableReason.Moved, moved.Reason);

        // The lost commit was looked for under a new fence, so the other owner has to open the stream once more.
        Assert.IsType<DescribeOutcome.Unavailable>(await other.DescribeAsync(Cancellation));
        Assert.Equal(["a"], await other.TextsAsync());
    }

    private static AppendRequest Plain(string text) => new() { Events = TestData.Payloads(text) };
}
