using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core.InMemory;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Running;

/// <summary>
/// CORRECTNESS rules 3 and 27: what an owner says about now, it has from the store after it was asked. Every way to ask, in every
/// situation in which the owner's memory is old.
/// </summary>
public sealed class TailClaimTests : IAsyncDisposable
{
    private static readonly TimeSpan AMinute = TimeSpan.FromMinutes(1);

    private readonly DirectoryFixture _fixture = new();

    /// <summary>How an owner is asked; the position is the tail, the one before it, or the beginning, as the owner knows them.</summary>
    private static readonly Dictionary<string, Func<IStreamHandle, Positions, Task<object>>> Verbs = new()
    {
        ["describe"] = async (stream, _) => await stream.DescribeAsync(Cancellation),
        ["describe for a cache"] = async (stream, _) => await stream.DescribeAsync(ReadConfirmation.Recent, Cancellation),
        ["read at the tail"] = async (stream, at) => await ReadAsync(stream, at.Tail),
        ["read to the tail"] = async (stream, at) => await ReadAsync(stream, at.BeforeLast),
        ["read behind the tail"] = async (stream, at) => await ReadAsync(stream, at.Start, maxEvents: 1),
        ["read beyond the tail"] = async (stream, at) => await ReadAsync(stream, at.Tail with { Sequence = at.Tail.Sequence + 5 }),
        ["read of a stranger's position"] = async (stream, at) => await ReadAsync(stream, at.Tail with { Incarnation = 1_000_000 }),
    };

    /// <summary>What another owner does that this one has not heard of.</summary>
    private static readonly Dictionary<string, Func<IStreamHandle, Task>> Elsewhere = new()
    {
        ["appended"] = async other => await other.PutAsync("elsewhere"),
        ["closed"] = async other => await other.CloseAsync(),
        ["deleted"] = async other => await other.DeleteAsync(Cancellation),
        ["recreated"] = async other =>
        {
            await other.DeleteAsync(Cancellation);
            await other.NewAsync();
        },
        ["trimmed"] = async other => await other.TrimAsync((await other.StateAsync()).Tail, Cancellation),
    };

    public static TheoryData<string, string> Stale
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var verb in Verbs.Keys)
            {
                foreach (var situation in Elsewhere.Keys)
                {
                    cases.Add(verb, situation);
                }
            }

            return cases;
        }
    }

    public static TheoryData<string> AllVerbs => [.. Verbs.Keys];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [MemberData(nameof(Stale))]
    public async Task StaleOwner_IsAskedAnything_SaysMoved(string verb, string situation)
    {
        var (stale, at) = await NewStreamAsync();
        await Elsewhere[situation](Other(stale));
        _fixture.Clock.Advance(AMinute);

        Assert.Equal(UnavailableReason.Moved, ReasonOf(await Verbs[verb](stale, at)));
    }

    [Theory]
    [MemberData(nameof(AllVerbs))]
    public async Task StoreUnreachable_EventsGoOutWithoutTheClaim_EverythingElseIsNotNow(string verb)
    {
        var (stream, at) = await NewStreamAsync();
        _fixture.Clock.Advance(AMinute);
        _fixture.Store.IsUnreachable = true;

        var outcome = await Verbs[verb](stream, at);

        if (outcome is ReadOutcome.Batch batch)
        {
            Assert.NotEmpty(batch.Slices);
            Assert.False(batch.UpToDate);
        }
        else
        {
            Assert.Equal(UnavailableReason.StoreUnreachable, ReasonOf(outcome));
        }

        Assert.Equal(outcome is ReadOutcome.Batch, verb is "read to the tail" or "read behind the tail");
    }

    [Theory]
    [MemberData(nameof(AllVerbs))]
    public async Task PausedWhileTheStoreAnswers_TheAnswerIsVoidAndAskedForAgain(string verb)
    {
        var (stale, at) = await NewStreamAsync();
        _fixture.Clock.Advance(AMinute);
        _fixture.Store.HoldStamps();
        var pending = Verbs[verb](stale, at);
        await Phase.UntilAsync("question", "a held one", () => _fixture.Store.Questions.Count, count => count == 1, Cancellation);

        // The store has looked: nobody else was there. While this process stands still, another owner comes.
        await Other(stale).PutAsync("elsewhere");
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1.5));
        _fixture.Store.LetGo();

        Assert.Equal(UnavailableReason.Moved, ReasonOf(await Phase.OfAsync("answer", pending)));
        Assert.Equal([1, 1], _fixture.Store.Questions);
    }

    [Fact]
    public async Task MachineSuspended_TheMonotonicClockStoodStill_WhatWasConfirmedIsOld()
    {
        var (stale, at) = await NewStreamAsync();
        await Other(stale).DeleteAsync(Cancellation);

        // Within a second a block behind the tail may still be served.
        Assert.IsType<ReadOutcome.Batch>(await ReadAsync(stale, at.Start, maxEvents: 1));

        _fixture.Clock.JumpWallClock(TimeSpan.FromSeconds(30));
        Assert.Equal(UnavailableReason.Moved, ReasonOf(await ReadAsync(stale, at.Start, maxEvents: 1)));
    }

    [Fact]
    public async Task Questions_ThatComeWhileOneIsInFlight_GoTogetherWithTheNext()
    {
        var streams = new List<IStreamHandle>();
        for (var i = 0; i < 5; i++)
        {
            streams.Add((await NewStreamAsync("s" + i)).Stream);
        }

        _fixture.Store.HoldStamps();
        var first = streams[0].DescribeAsync(Cancellation).AsTask();
        var rest = streams.Concat(streams).Select(stream => stream.DescribeAsync(Cancellation).AsTask()).ToList();
        Assert.Equal([1], _fixture.Store.Questions);
        _fixture.Store.LetGo();

        Assert.IsType<DescribeOutcome.Found>(await Phase.OfAsync("first", first));
        Assert.All(await Phase.OfAsync("rest", Task.WhenAll(rest)), outcome => Assert.IsType<DescribeOutcome.Found>(outcome));
        Assert.Equal([1, 5], _fixture.Store.Questions);
    }

    [Fact]
    public async Task Question_SentBeforeTheRequestCame_ProvesNothing()
    {
        var (stale, at) = await NewStreamAsync();
        _fixture.Store.HoldStamps();
        var early = ReadAsync(stale, at.Tail);
        await Other(stale).PutAsync("elsewhere");
        var late = ReadAsync(stale, at.Tail);
        _fixture.Store.LetGo();

        // At the time of the first question the tail was where it says; not at the time of the second request.
        Assert.True(Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("early", early)).UpToDate);
        Assert.Equal(UnavailableReason.Moved, ReasonOf(await Phase.OfAsync("late", late)));
    }

    [Fact]
    public async Task Commit_SentBeforeTheRequestCame_ProvesNothing()
    {
        var (stale, _) = await NewStreamAsync();
        _fixture.Store.HoldAnswers();
        var appended = stale.PutAsync("mine");
        await Phase.UntilAsync("commit", "landed and not answered", () => _fixture.Store.Held, held => held == 1, Cancellation);
        var other = Other(stale);
        var describing = other.DescribeAsync(Cancellation).AsTask();
        Assert.IsType<DescribeOutcome.Found>(await Phase.OfAsync("takeover", describing));
        var late = stale.DescribeAsync(Cancellation).AsTask();
        _fixture.Store.LetGo();
        await Phase.OfAsync("append", appended);

        // The commit landed before the other owner came, and was answered after: it says nothing about now.
        Assert.Equal(UnavailableReason.Moved, ReasonOf(await Phase.OfAsync("describe", late)));
    }

    [Fact]
    public async Task Wait_EndedByAnAppend_IsConfirmedAfterItEnded()
    {
        var (stream, at) = await NewStreamAsync();
        var before = _fixture.Store.Questions.Count;
        var waiting = stream.WaitAsync(at.Tail);
        await stream.PutAsync("a");
        Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("read", waiting));

        // What the woken read claims, it claims for the time after its wait: one question.
        Assert.Equal(before + 1, _fixture.Store.Questions.Count);
    }

    [Fact]
    public async Task Wait_EndsAtTheTail_IsConfirmedAfterItEnded()
    {
        var (stale, at) = await NewStreamAsync();
        var waiting = stale.WaitAsync(at.Tail, TimeSpan.FromSeconds(20));
        await Other(stale).PutAsync("elsewhere");
        _fixture.Clock.Advance(TimeSpan.FromSeconds(21));

        Assert.Equal(UnavailableReason.Moved, ReasonOf(await Phase.OfAsync("wait", waiting)));
    }

    [Fact]
    public async Task Follower_EventsCostNoQuestion_TheSilenceAfterThemDoes()
    {
        var (stream, at) = await NewStreamAsync();
        var request = new ReadRequest(at.Tail, 1_000, 10, TimeSpan.FromSeconds(2), Touch: false) { Confirmation = ReadConfirmation.Followed };
        var following = stream.ReadAsync(request, Cancellation).AsTask();
        await stream.PutAsync("a");
        var batch = Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("events", following));
        Assert.Empty(_fixture.Store.Questions);

        following = stream.ReadAsync(request with { From = batch.Next }, Cancellation).AsTask();
        _fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("silence", following)).Slices);
        Assert.Equal([1], _fixture.Store.Questions);
    }

    [Fact]
    public async Task Bounded_WithinTheAge_NothingIsAsked()
    {
        await using var fixture = new DirectoryFixture(new LocalStreamDirectoryOptions { ReadConfirmationAge = TimeSpan.FromSeconds(1) });
        var stream = fixture.At("s");
        await stream.NewAsync();
        await stream.StateAsync();
        Assert.Empty(fixture.Store.Questions);

        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        await stream.StateAsync();
        await stream.StateAsync();
        Assert.Equal([1], fixture.Store.Questions);
    }

    [Fact]
    public async Task StoreOfOneNode_IsItsOwnConfirmation()
    {
        await using var fixture = new DirectoryFixture(store: new InMemoryLogStoreOptions { IsShared = false });
        var stream = fixture.At("s");
        var tail = (await stream.NewAsync()).Tail;
        Assert.True((await stream.BatchAsync(tail)).UpToDate);
        await stream.StateAsync();

        Assert.Empty(fixture.Store.Questions);
    }

    [Fact]
    public async Task Listing_ShowsACommitThatItsOwnerHasNotReleased_ThePositionIsNotAGap()
    {
        var (stream, at) = await NewStreamAsync();
        _fixture.Store.HoldAnswers();
        var appended = stream.PutAsync("landed");
        await Phase.UntilAsync("commit", "landed and not answered", () => _fixture.Store.Held, held => held == 1, Cancellation);
        var listed = Assert.Single((await _fixture.Directory.ListAsync("", after: null, limit: 10, Cancellation)).Streams).Tail;
        Assert.Equal(at.Tail.Sequence + 1, listed.Sequence);
        var read = ReadAsync(stream, listed);
        var described = stream.DescribeAsync(Cancellation).AsTask();
        _fixture.Store.LetGo();
        await Phase.OfAsync("append", appended);

        Assert.True(Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("read", read)).UpToDate);
        Assert.Equal(listed, Assert.IsType<DescribeOutcome.Found>(await Phase.OfAsync("describe", described)).Descriptor.Tail);
    }

    [Fact]
    public async Task Silence_OfTheStore_EndsByTheDeadline()
    {
        var (stream, at) = await NewStreamAsync();
        _fixture.Store.HoldStamps();
        var pending = ReadAsync(stream, at.Tail);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(UnavailableReason.StoreUnreachable, ReasonOf(await Phase.OfAsync("read", pending)));
    }

    /// <summary>A replaced owner has no block where its memory says that one is: the new owner trimmed it. That is no damage.</summary>
    [Fact]
    public async Task Read_OfWhatTheNewOwnerTrimmed_IsNotDamage()
    {
        await using var fixture = new DirectoryFixture(new LocalStreamDirectoryOptions { TailCacheBytesPerStream = 1 });
        var stale = fixture.At("s");
        var start = (await stale.NewAsync()).Tail;
        foreach (var text in new[] { "a", "b", "c", "d" })
        {
            await stale.PutAsync(text);
        }

        var other = fixture.OpenAnother(seed: 2).GetStream(stale.Name);
        Assert.IsType<TrimOutcome.Trimmed>(await other.TrimAsync(start with { Sequence = 2 }, Cancellation));
        var outcome = await stale.PeekAsync(start);
        Assert.Equal(UnavailableReason.Moved, ReasonOf(outcome));

        // Without the lost block's owner, it still is what it was.
        Assert.Equal(GapReason.Trimmed, (await stale.GapAsync(start)).Reason);
    }

    private static Task<ReadOutcome> ReadAsync(IStreamHandle stream, StreamOffset from, int maxEvents = 10) =>
        stream.ReadAsync(new ReadRequest(from, 1_000, maxEvents, TimeSpan.Zero, Touch: false), Cancellation).AsTask();

    private static UnavailableReason? ReasonOf(object outcome) => outcome switch
    {
        ReadOutcome.Unavailable now => now.Reason,
        DescribeOutcome.Unavailable now => now.Reason,
        _ => null,
    };

    private IStreamHandle Other(IStreamHandle stream) => _fixture.OpenAnother(seed: 2).GetStream(stream.Name);

    private async Task<(IStreamHandle Stream, Positions At)> NewStreamAsync(string name = "s")
    {
        var stream = _fixture.At(name);
        var start = (await stream.NewAsync()).Tail;
        await stream.PutAsync("first");
        var before = await stream.PutAsync("second");
        return (stream, new Positions(start, before.Next, (await stream.PutAsync("last")).Next));
    }

    private sealed record Positions(StreamOffset Start, StreamOffset BeforeLast, StreamOffset Tail);
}
