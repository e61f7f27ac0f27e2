using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core.Commands;
using EventCluster.Core.InMemory;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Running;

/// <summary>
/// CORRECTNESS rule 3: an owner that was replaced and has not noticed confirms and refuses nothing. Every command and
/// every outcome that no commit of the same batch proves.
/// </summary>
public sealed class StaleOwnerTests : IAsyncDisposable
{
    private static readonly RetentionLimits Limits = new(Events: 100);

    /// <summary>Outcomes that always come with a commit of their own, or are the "not now" itself.</summary>
    private static readonly Type[] Proven =
    [
        typeof(AppendOutcome.Appended), typeof(AppendOutcome.Unavailable), typeof(CreateOutcome.Created),
        typeof(CreateOutcome.StreamLimit), typeof(CreateOutcome.Unavailable), typeof(TrimOutcome.Unavailable),
        typeof(ConfigureOutcome.Unavailable), typeof(DeleteOutcome.Deleted), typeof(DeleteOutcome.Unavailable),

        // Given before the owner is asked.
        typeof(AppendOutcome.Invalid), typeof(CreateOutcome.Invalid), typeof(ConfigureOutcome.Invalid),
    ];

    private readonly DirectoryFixture _fixture = new(new LocalStreamDirectoryOptions
    {
        MaxProducersPerStream = 1,
        MaxForkDepth = 1,
        MaxForksPerStream = 1,
    });

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What a client asks, and what an owner answers from its own memory without a commit.</summary>
    public static TheoryData<string> Cases => [.. Table.Keys];

    private static Dictionary<string, Case> Table { get; } = new()
    {
        ["append: not found"] = new(OldState.Missing, Append("x"), typeof(AppendOutcome.NotFound)),
        ["append: gone"] = new(OldState.SoftDeleted, Append("x"), typeof(AppendOutcome.Gone)),
        ["append: closed"] = new(OldState.Closed, Append("x"), typeof(AppendOutcome.RefusedClosed)),
        ["append: type"] = new(
            OldState.Live, Send(Plain("x") with { ContentType = StreamContentType.Parse("no/such") }), typeof(AppendOutcome.ContentTypeMismatch)),
        ["append: stale epoch"] = new(OldState.Live, Append("x", "p", 1, 0), typeof(AppendOutcome.StaleEpoch)),
        ["append: epoch start"] = new(OldState.Live, Append("x", "p", 3, 1), typeof(AppendOutcome.EpochMustStartAtZero)),
        ["append: gap"] = new(OldState.Live, Append("x", "p", 2, 7), typeof(AppendOutcome.SequenceGap)),
        ["append: duplicate"] = new(OldState.Live, Append("x", "p", 2, 0), typeof(AppendOutcome.Duplicate)),
        ["append: producer limit"] = new(OldState.Live, Append("x", "q", 0, 0), typeof(AppendOutcome.ProducerLimit)),
        ["append: tail"] = new(
            OldState.Live, Send(Plain("x") with { ExpectedOffset = new StreamOffset(1, 0) }), typeof(AppendOutcome.TailMismatch)),
        ["append: stream seq"] = new(OldState.Live, Send(Plain("x") with { StreamSeq = "1" }), typeof(AppendOutcome.StreamSeqConflict)),
        ["close: already"] = new(OldState.Closed, Send(new AppendRequest { Close = true }), typeof(AppendOutcome.AlreadyClosed)),
        ["close: not found"] = new(OldState.Missing, Send(new AppendRequest { Close = true }), typeof(AppendOutcome.NotFound)),
        ["create: exists"] = new(OldState.Live, Create(new CreateRequest()), typeof(CreateOutcome.Exists)),
        ["create: conflict"] = new(OldState.Live, Create(new CreateRequest { TtlSeconds = 5 }), typeof(CreateOutcome.Conflict)),
        ["create: held"] = new(OldState.SoftDeleted, Create(new CreateRequest()), typeof(CreateOutcome.Held)),
        ["fork: source not found"] = new(OldState.Missing, Fork(), typeof(CreateOutcome.SourceNotFound)),
        ["fork: source gone"] = new(OldState.SoftDeleted, Fork(), typeof(CreateOutcome.SourceGone)),
        ["fork: type"] = new(
            OldState.Live, Fork(type: StreamContentType.Parse("no/such")), typeof(CreateOutcome.SourceTypeMismatch)),
        ["fork: point"] = new(OldState.Live, Fork(beyond: 5), typeof(CreateOutcome.InvalidFork)),
        ["fork: gap"] = new(OldState.Live, Fork(beyond: -1), typeof(CreateOutcome.ForkGap)),
        ["fork: too deep"] = new(OldState.Fork, Fork(), typeof(CreateOutcome.ForkTooDeep)),
        ["fork: limit"] = new(OldState.Forked, Fork(), typeof(CreateOutcome.ForkLimit)),
        ["trim: nothing to do"] = new(OldState.Live, Trim(new StreamOffset(1, 0)), typeof(TrimOutcome.Trimmed)),
        ["trim: position"] = new(OldState.Live, Trim(new StreamOffset(1, 99)), typeof(TrimOutcome.InvalidPosition)),
        ["trim: not found"] = new(OldState.Missing, Trim(new StreamOffset(1, 0)), typeof(TrimOutcome.NotFound)),
        ["trim: gone"] = new(OldState.SoftDeleted, Trim(new StreamOffset(1, 0)), typeof(TrimOutcome.Gone)),
        ["configure: nothing to do"] = new(OldState.Live, Configure(), typeof(ConfigureOutcome.Configured)),
        ["configure: not found"] = new(OldState.Missing, Configure(), typeof(ConfigureOutcome.NotFound)),
        ["configure: gone"] = new(OldState.SoftDeleted, Configure(), typeof(ConfigureOutcome.Gone)),
        ["delete: not found"] = new(OldState.Missing, Delete(), typeof(DeleteOutcome.NotFound)),
        ["delete: gone"] = new(OldState.SoftDeleted, Delete(), typeof(DeleteOutcome.Gone)),
    };

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Rule3_OutcomeWithoutACommit_TheNewestOwnerGivesIt(string name)
    {
        var row = Table[name];
        var stream = await ArrangeAsync(row.State);

        Assert.IsType(row.Outcome, await row.AskAsync(_fixture.Directory, stream));
    }

    /// <summary>
    /// Goal: whatever an owner could answer from memory, one that was replaced answers "moved". Method: the stream is
    /// in the state that makes the outcome; another owner takes it over by a commit; the first one is asked.
    /// </summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Rule3_OutcomeWithoutACommit_AReplacedOwnerSaysMoved(string name)
    {
        var row = Table[name];
        var stream = await ArrangeAsync(row.State);
        using var pinned = await LoadAsync(stream);
        await TakeOverAsync(stream);

        dynamic outcome = await row.AskAsync(_fixture.Directory, stream);

        Assert.Equal("Unavailable", outcome.GetType().Name);
        Assert.Equal(UnavailableReason.Moved, outcome.Reason);
    }

    [Fact]
    public void Table_HasEveryOutcomeOfEveryCommand()
    {
        var families = new[]
        {
            typeof(AppendOutcome), typeof(CreateOutcome), typeof(TrimOutcome), typeof(ConfigureOutcome), typeof(DeleteOutcome),
        };

        Assert.Empty(families.SelectMany(family => family.GetNestedTypes())
            .Except(Proven)
            .Except(Table.Values.Select(row => row.Outcome)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule3_StepOfAForkThatHasNothingToDo_AReplacedOwnerSaysMoved(bool confirm)
    {
        var stream = await ArrangeAsync(OldState.Live);
        await TakeOverAsync(stream);

        var step = await _fixture.Directory.Streams.Submit(stream.Name, confirm
            ? new StepCommand(log => log.ConfirmHold(TestData.Name("fork"), 99))
            : new StepCommand(log => log.DropHold(TestData.Name("fork"), 99)));

        Assert.Null(step.View);
        Assert.Equal(UnavailableReason.Moved, step.Reason);
    }

    [Fact]
    public async Task Trim_ToAPositionOfTheNewOwner_IsNotRefusedByTheStaleOne()
    {
        var (stale, other) = await TwoAsync();

        var outcome = await stale.TrimAsync((await other.StateAsync()).Tail, Cancellation);

        Assert.IsNotType<TrimOutcome.InvalidPosition>(outcome);
    }

    [Fact]
    public async Task Create_AfterADeleteByTheNewOwner_IsNotConfirmedByTheStaleOne()
    {
        var (stale, other) = await TwoAsync();
        Assert.IsType<DeleteOutcome.Deleted>(await other.DeleteAsync(Cancellation));

        var outcome = await stale.CreateAsync(new CreateRequest(), Cancellation);

        Assert.IsNotType<CreateOutcome.Exists>(outcome);
    }

    [Fact]
    public async Task Create_AfterADeleteByTheNewOwner_IsNotRefusedByTheStaleOne()
    {
        var (stale, other) = await TwoAsync();
        Assert.IsType<DeleteOutcome.Deleted>(await other.DeleteAsync(Cancellation));

        var outcome = await stale.CreateAsync(new CreateRequest { TtlSeconds = 5 }, Cancellation);

        Assert.IsNotType<CreateOutcome.Conflict>(outcome);
    }

    [Fact]
    public async Task Fork_AtAPositionOfTheNewOwner_IsNotRefusedByTheStaleOne()
    {
        var (stale, other) = await TwoAsync();

        var outcome = await _fixture.At("fork").CreateAsync(
            new CreateRequest { Fork = new ForkSpec(stale.Name, (await other.StateAsync()).Tail, false, 0) }, Cancellation);

        Assert.IsNotType<CreateOutcome.InvalidFork>(outcome);
    }

    [Fact]
    public async Task Close_ByTheStaleOwner_AlreadyClosedIsNotSaidOfARecreatedStream()
    {
        var stale = _fixture.At("s");
        await stale.NewAsync();
        await stale.SendAsync(new AppendRequest { Events = TestData.Payloads("a"), Close = true });
        var other = _fixture.OpenAnother(seed: 2).GetStream(stale.Name);
        await other.DeleteAsync(Cancellation);
        await other.NewAsync();

        var outcome = await stale.SendAsync(new AppendRequest { Close = true });

        Assert.IsNotType<AppendOutcome.AlreadyClosed>(outcome);
    }

    [Fact]
    public async Task Limit_CreateAndAppendShareABatch_BothAreAnswered()
    {
        await using var fixture = new DirectoryFixture(store: new InMemoryLogStoreOptions { MaxStreams = 1 });
        await fixture.At("one").NewAsync();
        fixture.Store.YieldsBeforeCommits = true;
        var two = fixture.At("two");
        var creating = two.CreateAsync(new CreateRequest(), Cancellation).AsTask();
        var appending = two.AppendAsync(new AppendRequest { Events = TestData.Payloads("a") }, Cancellation).AsTask();

        Assert.IsType<CreateOutcome.StreamLimit>(await Phase.OfAsync("the create is refused", creating));
        Assert.IsNotType<AppendOutcome.Appended>(await Phase.OfAsync("the append is refused", appending));
    }

    private async Task<(IStreamHandle Stale, IStreamHandle Other)> TwoAsync()
    {
        var stale = _fixture.At("s");
        await stale.NewAsync();
        await stale.PutAsync("a");
        var other = _fixture.OpenAnother(seed: 2).GetStream(stale.Name);
        await other.PutAsync("b");
        return (stale, other);
    }

    private async Task<IStreamHandle> ArrangeAsync(OldState state)
    {
        var stream = _fixture.At("s");
        if (state == OldState.Missing)
        {
            return stream;
        }

        if (state == OldState.Fork)
        {
            await _fixture.At("root").NewAsync(new CreateRequest { Events = TestData.Payloads("a", "b") });
            await stream.NewForkAsync(_fixture.At("root"));
            return stream;
        }

        await stream.NewAsync();
        await stream.ConfigureAsync(Limits, Cancellation);
        await stream.SendAsync(Plain("a") with { Producer = new ProducerStamp("p", 2, 0), StreamSeq = "5" });
        await stream.PutAsync("b");
        await stream.TrimAsync((await stream.StateAsync()).Earliest with { Sequence = 1 }, Cancellation);
        if (state == OldState.Closed)
        {
            await stream.SendAsync(new AppendRequest { Close = true });
        }
        else if (state is OldState.SoftDeleted or OldState.Forked)
        {
            await _fixture.At("fork").NewForkAsync(stream);
            if (state == OldState.SoftDeleted)
            {
                await stream.DeleteAsync(Cancellation);
            }
        }

        return stream;
    }

    /// <summary>An owner of a name without a stream ends after each batch; one that is kept knows "missing" from before.</summary>
    private async Task<IDisposable> LoadAsync(IStreamHandle stream)
    {
        var runner = _fixture.Directory.Streams.Pin(stream.Name);
        await _fixture.Directory.Streams.VisitAsync(stream.Name);
        return new Pinned(runner);
    }

    private async Task TakeOverAsync(IStreamHandle stream)
    {
        var other = _fixture.OpenAnother(seed: 2).GetStream(stream.Name);
        if (await other.CreateAsync(new CreateRequest { Events = TestData.Payloads("other") }, Cancellation) is CreateOutcome.Created)
        {
            return;
        }

        // The fence of the new owner is what counts; a visit opens, and its due time is committed.
        await _fixture.OpenAnother(seed: 3).Streams.Submit(stream.Name, new StepCommand(static log => log.MoveDue()));
    }

    private static AppendRequest Plain(string text) => new() { Events = TestData.Payloads(text) };

    private static Ask Append(string text) => Send(Plain(text));

    private static Ask Append(string text, string producer, long epoch, long sequence) =>
        Send(Plain(text) with { Producer = new ProducerStamp(producer, epoch, sequence) });

    private static Ask Send(AppendRequest request) => async (_, stream) => await stream.AppendAsync(request, Cancellation);

    private static Ask Create(CreateRequest request) => async (_, stream) => await stream.CreateAsync(request, Cancellation);

    private static Ask Trim(StreamOffset before) => async (_, stream) => await stream.TrimAsync(before, Cancellation);

    private static Ask Configure() => async (_, stream) => await stream.ConfigureAsync(Limits, Cancellation);

    private static Ask Delete() => async (_, stream) => await stream.DeleteAsync(Cancellation);

    /// <summary>The source's answer to a fork, as its owner gives it: the create itself would ask again after "moved".</summary>
    private static Ask Fork(StreamContentType? type = null, long? beyond = null) => async (directory, stream) =>
    {
        var (_, look) = await directory.Streams.LookAsync(stream.Name);
        StreamOffset? at = beyond is null ? null : look.View!.Incarnations.OffsetAfter(
            beyond > 0 ? look.View.Head.Tail : look.View.Head.Earliest) is var known
                ? known with { Sequence = known.Sequence + beyond.Value }
                : null;
        var held = await directory.Streams.Submit(
            stream.Name, new HoldCommand(new ForkSpec(stream.Name, at, FromStart: false, 0), TestData.Name("f"), type, 1_000));
        return (object?)held.Refusal ?? held.Basis!;
    };

    private enum OldState
    {
        Missing,
        Live,
        Closed,
        SoftDeleted,
        Forked,
        Fork,
    }

    private delegate Task<object> Ask(LocalStreamDirectory directory, IStreamHandle stream);

    private sealed record Case(OldState State, Ask AskAsync, Type Outcome);

    private sealed class Pinned(Core.Running.StreamLogRunner runner) : IDisposable
    {
        public void Dispose() => runner.Unpin();
    }
}
