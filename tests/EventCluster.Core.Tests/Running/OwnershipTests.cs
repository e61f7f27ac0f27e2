using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Running;

/// <summary>CORRECTNESS rules 2 and 3: the fence is in every commit, and final answers need a confirmed head.</summary>
public sealed class OwnershipTests : IAsyncDisposable
{
    private readonly DirectoryFixture _fixture = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Rule2_AnotherOwnerCommitted_TheStaleOneWritesNothingAndSaysUnknown()
    {
        var stale = _fixture.At("s");
        await stale.NewAsync();
        await stale.PutAsync("a");
        var other = _fixture.OpenAnother(seed: 2).GetStream(stale.Name);
        await other.PutAsync("b");

        var refused = Assert.IsType<AppendOutcome.Unavailable>(await stale.SendAsync(Plain("c")));

        Assert.Equal(UnavailableReason.OutcomeUnknown, refused.Reason);
        await stale.PutAsync("d");
        Assert.Equal(["a", "b", "d"], await stale.TextsAsync());
    }

    [Fact]
    public async Task Rule2_AnotherOwnerOnlyOpened_TheCommitIsDecidedAgainUnderANewFence()
    {
        var stream = _fixture.At("s");
        await stream.NewAsync();
        var before = (await _fixture.Truth.GetHeadAsync(stream.Name, Cancellation))!.Fence;
        _fixture.Store.Plan(CommitFault.Conflict);

        await stream.PutAsync("a");

        Assert.Equal(["a"], await stream.TextsAsync());
        Assert.True((await _fixture.Truth.GetHeadAsync(stream.Name, Cancellation))!.Fence > before + 1);
    }

    [Theory]
    [InlineData(CommitFault.FailBefore)]
    [InlineData(CommitFault.FailAfter)]
    [InlineData(CommitFault.Conflict)]
    public async Task Rule2_EachCommandMeetsAFault_HappensExactlyOnce(CommitFault fault)
    {
        var stream = _fixture.At("s");
        _fixture.Store.Plan(fault);
        var created = await stream.NewAsync(new CreateRequest { Events = TestData.Payloads("0", "1") });
        _fixture.Store.Plan(fault);
        await stream.PutAsync("2");
        _fixture.Store.Plan(fault);
        Assert.IsType<TrimOutcome.Trimmed>(
            await stream.TrimAsync(created.Earliest with { Sequence = 1 }, Cancellation));
        _fixture.Store.Plan(fault);
        Assert.IsType<ConfigureOutcome.Configured>(await stream.ConfigureAsync(new RetentionLimits(Events: 100), Cancellation));
        Assert.Equal(["1", "2"], await stream.TextsAsync());
        _fixture.Store.Plan(fault);
        Assert.IsType<DeleteOutcome.Deleted>(await stream.DeleteAsync(Cancellation));

        Assert.Null(await _fixture.Truth.GetHeadAsync(stream.Name, Cancellation));
        Assert.IsType<DescribeOutcome.NotFound>(await stream.DescribeAsync(Cancellation));
    }

    [Fact]
    public async Task Rule2_TheStoreDoesNotAnswer_UnknownForTheCommitAndMovedBehindIt()
    {
        var stream = _fixture.At("s");
        await stream.NewAsync();
        _fixture.Store.Hold();
        _fixture.Store.Plan(CommitFault.FailAfter);
        var first = stream.AppendAsync(Plain("a"), Cancellation).AsTask();
        await Phase.UntilAsync("a commit is held", () => _fixture.Store.Held == 1, Cancellation);
        var second = stream.AppendAsync(Plain("b"), Cancellation).AsTask();
        _fixture.Store.OpensToFail = 1;
        _fixture.Store.LetGo();

        var unknown = Assert.IsType<AppendOutcome.Unavailable>(await Phase.OfAsync("first ends", first));
        var moved = Assert.IsType<AppendOutcome.Unavailable>(await Phase.OfAsync("second ends", second));

        Assert.Equal(UnavailableReason.OutcomeUnknown, unknown.Reason);
        Assert.Equal(UnavailableReason.Moved, moved.Reason);
        Assert.Equal(["a"], await stream.TextsAsync());
    }

    [Fact]
    public async Task Rule3_PositionBeyondAStaleOwnersTail_IsMovedAndThenServed()
    {
        var stale = _fixture.At("s");
        await stale.NewAsync();
        await stale.PutAsync("a");
        var other = _fixture.OpenAnother(seed: 2).GetStream(stale.Name);
        var next = (await other.PutAsync("b")).Next;
        await other.PutAsync("c");

        var moved = Assert.IsType<ReadOutcome.Unavailable>(await stale.PeekAsync(next));

        Assert.Equal(UnavailableReason.Moved, moved.Reason);
        Assert.Equal(["c"], (await stale.BatchAsync(next)).Texts());
    }

    [Fact]
    public async Task Rule3_StaleOwnerOfADeletedStream_DoesNotSayGapOrGone()
    {
        var stale = _fixture.At("s");
        var old = await stale.NewAsync(new CreateRequest { Events = TestData.Payloads("a") });
        var other = _fixture.OpenAnother(seed: 2).GetStream(stale.Name);
        await other.DeleteAsync(Cancellation);
        await other.NewAsync(new CreateRequest { Events = TestData.Payloads("b") });

        var beyond = old.Tail with { Sequence = 5 };
        Assert.Equal(UnavailableReason.Moved, Assert.IsType<ReadOutcome.Unavailable>(await stale.PeekAsync(beyond)).Reason);
        Assert.Equal(Protocol.GapReason.Recreated, (await stale.GapAsync(beyond)).Reason);
    }

    [Fact]
    public async Task Rule3_OwnCommitLandedButIsNotReleased_FinalAnswersWaitForIt()
    {
        var stream = _fixture.At("s");
        _fixture.Store.HoldAnswers();
        var creating = stream.CreateAsync(new CreateRequest { Events = TestData.Payloads("a") }, Cancellation).AsTask();
        await Phase.UntilAsync("the create landed", () => _fixture.Store.Held == 1, Cancellation);
        var describing = stream.DescribeAsync(Cancellation).AsTask();
        _fixture.Store.LetGo();
        var created = Assert.IsType<CreateOutcome.Created>(await Phase.OfAsync("the create ends", creating));
        Assert.IsType<DescribeOutcome.Found>(await Phase.OfAsync("the describe ends", describing));

        _fixture.Store.HoldAnswers();
        var deleting = stream.DeleteAsync(Cancellation).AsTask();
        await Phase.UntilAsync("the delete landed", () => _fixture.Store.Held == 1, Cancellation);
        var beyond = new ReadRequest(created.Descriptor.Tail with { Sequence = 9 }, 1, 1, TimeSpan.Zero, Touch: false);
        var reading = stream.ReadAsync(beyond, Cancellation).AsTask();
        _fixture.Store.LetGo();
        Assert.IsType<DeleteOutcome.Deleted>(await Phase.OfAsync("the delete ends", deleting));
        Assert.IsType<ReadOutcome.NotFound>(await Phase.OfAsync("the read ends", reading));
    }

    [Theory]
    [InlineData(CommitFault.Full, false)]
    [InlineData(CommitFault.Refused, true)]
    public async Task Refused_Append_IsLoggedUnlessTheStoreIsFull(CommitFault fault, bool logged)
    {
        const int CommitRefused = 1003;
        var logger = new ListLogger();
        await using var directory = new LocalStreamDirectory(
            _fixture.Store, new LocalStreamDirectoryOptions(), _fixture.Clock, new Random(3), logger);
        var stream = directory.GetStream(TestData.Name("s"));
        await stream.NewAsync();
        _fixture.Store.Plan(fault);

        Assert.IsType<AppendOutcome.Unavailable>(await stream.SendAsync(Plain("1")));

        Assert.Equal(logged, logger.Has(CommitRefused));
    }

    [Fact]
    public async Task Full_Append_IsRefusedWhileTheTrimBesideItHappens()
    {
        var stream = _fixture.At("s");
        var created = await stream.NewAsync(new CreateRequest { Events = TestData.Payloads("0", "1") });
        _fixture.Store.Hold();
        var first = stream.AppendAsync(Plain("2"), Cancellation).AsTask();
        await Phase.UntilAsync("a commit is held", () => _fixture.Store.Held == 1, Cancellation);
        var second = stream.AppendAsync(Plain("3"), Cancellation).AsTask();
        var retention = stream.ConfigureAsync(new RetentionLimits(Events: 1), Cancellation).AsTask();
        _fixture.Store.Plan(CommitFault.None, CommitFault.Full);
        _fixture.Store.LetGo();

        Assert.IsType<AppendOutcome.Appended>(await Phase.OfAsync("first ends", first));
        var full = Assert.IsType<AppendOutcome.Unavailable>(await Phase.OfAsync("second ends", second));
        Assert.Equal(UnavailableReason.StorageFull, full.Reason);
        Assert.IsType<ConfigureOutcome.Configured>(await Phase.OfAsync("configure ends", retention));
        Assert.Equal(["2"], await stream.TextsAsync());
        await stream.PutAsync("4");
        Assert.Equal(["4"], await stream.TextsAsync());
        Assert.Equal(created.Tail.Sequence + 2, (await stream.StateAsync()).Tail.Sequence);
    }

    [Theory]
    [InlineData(CommitFault.Full)]
    [InlineData(CommitFault.FailBefore)]
    [InlineData(CommitFault.FailAfter)]
    [InlineData(CommitFault.Conflict)]
    public async Task Rule3_AfterAFaultUnderANewFence_TheOwnerStillGivesFinalAnswers(CommitFault fault)
    {
        var stream = _fixture.At("s");
        var created = await stream.NewAsync();
        await stream.PutAsync("a");
        var waiting = stream.WaitAsync((await stream.StateAsync()).Tail);
        _fixture.Store.Plan(fault);
        var outcome = await stream.SendAsync(Plain("b"));

        Assert.Equal(fault == CommitFault.Full, outcome is AppendOutcome.Unavailable);
        Assert.Equal(Protocol.GapReason.Unknown, (await stream.GapAsync(created.Tail with { Sequence = 50 })).Reason);
        await stream.PutAsync("c");
        var batch = Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("the append wakes", waiting));
        Assert.Equal(fault == CommitFault.Full ? "c" : "b", batch.Texts()[0]);
        Assert.Equal(fault == CommitFault.Full ? ["a", "c"] : ["a", "b", "c"], await stream.TextsAsync());
    }

    [Fact]
    public async Task Refused_Append_IsStoreFailedAndReadsGoOn()
    {
        var stream = _fixture.At("s");
        await stream.NewAsync(new CreateRequest { Events = TestData.Payloads("0") });
        _fixture.Store.Plan(CommitFault.Refused);

        var refused = Assert.IsType<AppendOutcome.Unavailable>(await stream.SendAsync(Plain("1")));

        Assert.Equal(UnavailableReason.StoreFailed, refused.Reason);
        Assert.Equal(["0"], await stream.TextsAsync());
    }

    [Fact]
    public async Task Open_Fails_TheCallerGetsTheExceptionAndTheNextOneIsServed()
    {
        var stream = _fixture.At("s");
        await stream.NewAsync();
        _fixture.Crash(seed: 2);
        _fixture.Store.OpensToFail = 2;

        await Assert.ThrowsAsync<IOException>(() => _fixture.At("s").SendAsync(Plain("1")));
        await Assert.ThrowsAsync<IOException>(async () => await _fixture.At("s").DescribeAsync(Cancellation));
        await _fixture.At("s").PutAsync("1");
        Assert.Equal(["1"], await _fixture.At("s").TextsAsync());
    }

    [Fact]
    public async Task Unreachable_Store_EverythingAnswersNotNowAndGoesOnWhenItIsBack()
    {
        var stream = _fixture.At("s");
        var start = (await stream.NewAsync()).Earliest;
        await stream.PutAsync("1");
        _fixture.Crash(seed: 2);
        stream = _fixture.At("s");
        _fixture.Store.IsUnreachable = true;

        for (var i = 0; i < 2; i++)
        {
            var append = Assert.IsType<AppendOutcome.Unavailable>(await stream.SendAsync(Plain("2")));
            Assert.Equal(UnavailableReason.StoreUnreachable, append.Reason);
            Assert.IsType<ReadOutcome.Unavailable>(await stream.PeekAsync(start));
            Assert.IsType<DescribeOutcome.Unavailable>(await stream.DescribeAsync(Cancellation));
            Assert.IsType<DeleteOutcome.Unavailable>(await stream.DeleteAsync(Cancellation));
        }

        _fixture.Store.IsUnreachable = false;
        await stream.PutAsync("2");
        _fixture.Store.IsUnreachable = true;
        var unknown = Assert.IsType<AppendOutcome.Unavailable>(await stream.SendAsync(Plain("3")));
        Assert.Equal(UnavailableReason.OutcomeUnknown, unknown.Reason);
        _fixture.Store.IsUnreachable = false;
        Assert.Equal(["1", "2"], await stream.TextsAsync());
    }

    /// <summary>Goal: an owner that was replaced tells no producer of a gap, and nobody of a tail, that is none.</summary>
    [Fact]
    public async Task Rule3_StaleOwner_RefusesNothingInItsOwnName()
    {
        var stale = _fixture.At("s");
        await stale.NewAsync();
        await stale.SendAsync(Produced(0));
        var newest = _fixture.OpenAnother(seed: 2).GetStream(stale.Name);
        await newest.SendAsync(Produced(1));
        var tail = (await newest.StateAsync()).Tail;

        var refused = Assert.IsType<AppendOutcome.Unavailable>(await stale.SendAsync(Produced(2)));
        Assert.Equal(UnavailableReason.Moved, refused.Reason);
        Assert.IsType<AppendOutcome.Appended>(await stale.SendAsync(Produced(2)));
        Assert.IsType<AppendOutcome.Unavailable>(await newest.SendAsync(Plain("x") with { ExpectedOffset = tail with { Sequence = 3 } }));
        Assert.IsType<AppendOutcome.SequenceGap>(await newest.SendAsync(Produced(4)));
        Assert.Equal(["0", "1", "2"], await newest.TextsAsync());
    }

    private static AppendRequest Produced(int sequence) =>
        Plain($"{sequence}") with { Producer = new ProducerStamp("p", 0, sequence) };

    private static AppendRequest Plain(string text) => new() { Events = TestData.Payloads(text) };
}
