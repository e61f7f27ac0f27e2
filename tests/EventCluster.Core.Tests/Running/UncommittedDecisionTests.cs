using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Running;

/// <summary>CORRECTNESS rule 1: decisions may build on uncommitted state, answers may not.</summary>
public sealed class UncommittedDecisionTests : IAsyncDisposable
{
    private readonly DirectoryFixture _fixture = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Rule1_CommitFails_RetryCloseAndExpectedTailBehindItAreDecidedAgain()
    {
        var stream = _fixture.At("s");
        var empty = (await stream.NewAsync()).Tail;
        var (first, behind) = await QueueBehindAsync(stream, CommitFault.FailBefore, empty);

        Assert.Equal(Next(empty, 1), Assert.IsType<AppendOutcome.Appended>(await Ended(first)).Next);
        Assert.Equal(0, Assert.IsType<AppendOutcome.Duplicate>(await Ended(behind[0])).HighestSequence);
        Assert.Equal(Next(empty, 1), Assert.IsType<AppendOutcome.TailMismatch>(await Ended(behind[1])).Tail);
        Assert.True(Assert.IsType<AppendOutcome.Appended>(await Ended(behind[2])).Closed);
        Assert.IsType<AppendOutcome.RefusedClosed>(await Ended(behind[3]));
        Assert.Equal(["a"], await stream.TextsAsync());
    }

    [Fact]
    public async Task Rule1_CommitNeverLands_NobodyIsToldOtherwise()
    {
        var stream = _fixture.At("s");
        var empty = (await stream.NewAsync()).Tail;
        _fixture.Store.Hold();
        var first = Send(stream, Produced("a"));
        await HeldAsync(1);
        Task<AppendOutcome>[] behind =
        [
            Send(stream, Produced("a")),
            Send(stream, Plain("b") with { ExpectedOffset = empty }),
            Send(stream, new AppendRequest { Close = true }),
        ];
        _fixture.Store.Plan(CommitFault.FailBefore, CommitFault.FailBefore, CommitFault.FailBefore, CommitFault.FailBefore);
        _fixture.Store.LetGo();

        var reasons = new[] { await Ended(first), await Ended(behind[0]), await Ended(behind[1]), await Ended(behind[2]) };

        // The queue is decided again until the attempts of the first ones end; later ones may then have their turn.
        Assert.IsType<AppendOutcome.Unavailable>(reasons[0]);
        Assert.DoesNotContain(reasons, outcome => outcome is AppendOutcome.Duplicate);
        var appended = reasons.Count(outcome => outcome is AppendOutcome.Appended { Closed: false });
        Assert.Equal(appended, (await stream.TextsAsync()).Length);
    }

    [Fact]
    public async Task Rule1_CommitLandsThoughItFailed_AnswersAreThoseOfTheLandedCommit()
    {
        var stream = _fixture.At("s");
        var empty = (await stream.NewAsync()).Tail;
        var (first, behind) = await QueueBehindAsync(stream, CommitFault.FailAfter, empty);

        Assert.Equal(Next(empty, 1), Assert.IsType<AppendOutcome.Appended>(await Ended(first)).Next);
        Assert.IsType<AppendOutcome.Duplicate>(await Ended(behind[0]));
        Assert.IsType<AppendOutcome.TailMismatch>(await Ended(behind[1]));
        Assert.IsType<AppendOutcome.Appended>(await Ended(behind[2]));
        Assert.IsType<AppendOutcome.RefusedClosed>(await Ended(behind[3]));
        Assert.Equal(["a"], await stream.TextsAsync());
    }

    [Fact]
    public async Task Rule1_CommitInFlight_ReadersAndDescribeSeeTheCommittedHeadOnly()
    {
        var stream = _fixture.At("s");
        var created = await stream.NewAsync(new CreateRequest { Events = TestData.Payloads("0") });
        _fixture.Store.Hold();
        var append = Send(stream, Plain("1") with { Close = true });
        var waiting = stream.WaitAsync(created.Tail);
        await HeldAsync(1);

        Assert.Equal(["0"], await stream.TextsAsync());
        Assert.False((await stream.StateAsync()).Closed);
        Assert.Equal(created.Tail, (await stream.StateAsync()).Tail);
        Assert.False(waiting.IsCompleted);

        _fixture.Store.LetGo();
        await Ended(append);
        var batch = Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("append wakes", waiting));
        Assert.Equal(["1"], batch.Texts());
        Assert.True(batch.AtEnd);
    }

    [Fact]
    public async Task Rule1_RefusalBehindACommit_WaitsForIt()
    {
        var stream = _fixture.At("s");
        await stream.NewAsync();
        _fixture.Store.Hold();
        var first = Send(stream, Produced("a"));
        await HeldAsync(1);
        var duplicate = Send(stream, Produced("a"));
        var gap = Send(stream, Plain("b") with { Producer = new ProducerStamp("p", 0, 9) });
        await Task.Yield();

        Assert.False(duplicate.IsCompleted);
        Assert.False(gap.IsCompleted);
        _fixture.Store.LetGo();
        await Ended(first);
        Assert.IsType<AppendOutcome.Duplicate>(await Ended(duplicate));
        Assert.Equal(1, Assert.IsType<AppendOutcome.SequenceGap>(await Ended(gap)).Expected);
    }

    [Fact]
    public async Task Rule1_AppendsDuringACommit_AreOneBlockAndOneCommit()
    {
        var stream = _fixture.At("s");
        var created = await stream.NewAsync();
        _fixture.Store.Hold();
        var first = Send(stream, Plain("0"));
        await HeldAsync(1);
        var commits = _fixture.Store.Commits;
        var others = Enumerable.Range(1, 100).Select(i => Send(stream, Plain($"{i}"))).ToArray();
        _fixture.Store.LetGo();
        await Ended(first);
        await Phase.OfAsync("appends end", Task.WhenAll(others));

        Assert.Equal(commits + 1, _fixture.Store.Commits);
        var batch = await stream.BatchAsync(created.Tail);
        Assert.Equal([1, 100], batch.Slices.Select(slice => slice.Count));
        Assert.Equal(Enumerable.Range(0, 101).Select(i => $"{i}"), batch.Texts());
    }

    private async Task<(Task<AppendOutcome> First, Task<AppendOutcome>[] Behind)> QueueBehindAsync(
        IStreamHandle stream, CommitFault fault, Protocol.StreamOffset empty)
    {
        _fixture.Store.Hold();
        _fixture.Store.Plan(fault);
        var first = Send(stream, Produced("a"));
        await HeldAsync(1);
        Task<AppendOutcome>[] behind =
        [
            Send(stream, Produced("a")),
            Send(stream, Plain("b") with { ExpectedOffset = empty }),
            Send(stream, new AppendRequest { Close = true }),
            Send(stream, Plain("c")),
        ];
        _fixture.Store.LetGo();
        return (first, behind);
    }

    private Task HeldAsync(int commits) =>
        Phase.UntilAsync("commits are held", () => _fixture.Store.Held >= commits, Cancellation);

    private static Task<AppendOutcome> Send(IStreamHandle stream, AppendRequest request) =>
        stream.AppendAsync(request, Cancellation).AsTask();

    private static Task<AppendOutcome> Ended(Task<AppendOutcome> task) => Phase.OfAsync("append ends", task);

    private static AppendRequest Plain(string text) => new() { Events = TestData.Payloads(text) };

    private static AppendRequest Produced(string text) => Plain(text) with { Producer = new ProducerStamp("p", 0, 0) };

    private static Protocol.StreamOffset Next(Protocol.StreamOffset position, long events) =>
        position with { Sequence = position.Sequence + events };
}
