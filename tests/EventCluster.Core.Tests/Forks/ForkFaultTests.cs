using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core.Commands;
using EventCluster.Core.State;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Forks;

/// <summary>CORRECTNESS rule 8: forks are three idempotent commits, and each of them may be the last before a crash.</summary>
public sealed class ForkFaultTests : IAsyncDisposable
{
    private static readonly CommitFault[] Never = [CommitFault.FailBefore, CommitFault.FailBefore, CommitFault.FailBefore];

    private readonly DirectoryFixture _fixture = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Rule8_Fork_LeavesAConfirmedNamedHold()
    {
        var (source, fork) = await SourceAsync();
        await fork.NewForkAsync(source);

        var state = (await StoredAsync("source"))!;
        var origin = (await StoredAsync("fork"))!.Origin!;
        Assert.Empty(state.Holds);
        Assert.True(state.KeepsForksApart);
        _fixture.Crash(seed: 2);
        Assert.Equal(
            [new ForkReservation(ForkReservations.IdOf(fork.Name, origin.Incarnation), 0, 2)], await ReservationsAsync("source"));
    }

    [Fact]
    public async Task Rule8_HoldIsNotTaken_NoForkAndNothingLeft()
    {
        var (source, fork) = await SourceAsync();
        _fixture.Store.Plan(Never);

        Assert.IsType<CreateOutcome.Unavailable>(await ForkAsync(fork, source));

        Assert.Null(await StoredAsync("fork"));
        await DeletedForGoodAsync(source);
    }

    [Fact]
    public async Task Rule8_ForksOwnCommitIsRefused_TheHoldIsDropped()
    {
        var (source, fork) = await SourceAsync();
        _fixture.Store.Plan(CommitFault.None, CommitFault.Full);

        var refused = Assert.IsType<CreateOutcome.Unavailable>(await ForkAsync(fork, source));

        Assert.Equal(UnavailableReason.StorageFull, refused.Reason);
        Assert.Empty((await StoredAsync("source"))!.Holds);
        await DeletedForGoodAsync(source);
    }

    [Fact]
    public async Task Rule8_CrashAfterTheHold_TheSweeperDropsIt()
    {
        var (source, fork) = await SourceAsync();
        await _fixture.Directory.Streams.Submit(
            source.Name, new HoldCommand(new ForkSpec(source.Name, null, false, 0), fork.Name, null, incarnation: 77));
        Assert.False(Assert.Single((await StoredAsync("source"))!.Holds).Confirmed);

        _fixture.Crash(seed: 2);
        _fixture.Directory.Start();
        await SettledAsync("the hold is dropped", async () => (await StoredAsync("source"))!.Holds.Count == 0);

        await DeletedForGoodAsync(_fixture.At("source"));
    }

    /// <summary>
    /// Goal: one key never stands for two holds. A number that only a hold carried is drawn again after a crash, and the
    /// client repeats its fork: the second attempt takes the abandoned hold over.
    /// </summary>
    [Fact]
    public async Task Rule8_SameNumberDrawnAgainAfterACrash_OneHoldIsTakenAndDropped()
    {
        var (source, fork) = await SourceAsync();
        var hold = new HoldCommand(new ForkSpec(source.Name, null, false, 0), fork.Name, null, incarnation: 77);
        await _fixture.Directory.Streams.Submit(source.Name, hold);
        _fixture.Crash(seed: 2);
        hold = new HoldCommand(new ForkSpec(source.Name, null, false, 0), fork.Name, null, incarnation: 77);

        await _fixture.Directory.Streams.Submit(source.Name, hold);

        Assert.Single((await StoredAsync("source"))!.Holds);
        await _fixture.Directory.Streams.Submit(source.Name, new StepCommand(log => log.DropHold(fork.Name, 77)));
        Assert.Empty((await StoredAsync("source"))!.Holds);
    }

    [Fact]
    public async Task Rule8_CrashBeforeTheConfirmation_TheSweeperConfirms()
    {
        var (source, fork) = await SourceAsync();
        _fixture.Store.Plan([CommitFault.None, CommitFault.None, .. Never]);
        await fork.NewForkAsync(source);
        Assert.False(Assert.Single((await StoredAsync("source"))!.Holds).Confirmed);

        _fixture.Crash(seed: 2);
        _fixture.Directory.Start();
        await SettledAsync("the hold is confirmed", async () => (await StoredAsync("source"))!.Holds.Count == 0);

        Assert.Equal(["a", "b"], await _fixture.At("fork").TextsAsync());
        await _fixture.At("source").DeleteAsync(Cancellation);
        Assert.IsType<DescribeOutcome.Gone>(await _fixture.At("source").DescribeAsync(Cancellation));
        Assert.Equal(["a", "b"], await _fixture.At("fork").TextsAsync());
    }

    [Fact]
    public async Task Rule8_SourceDoesNotHearOfTheRelease_ItIsOwedAndSettledLater()
    {
        var (source, fork) = await SourceAsync();
        await fork.NewForkAsync(source);
        await source.DeleteAsync(Cancellation);
        _fixture.Store.Plan([CommitFault.None, .. Never]);

        Assert.IsType<DeleteOutcome.Deleted>(await fork.DeleteAsync(Cancellation));

        Assert.IsType<DescribeOutcome.NotFound>(await fork.DescribeAsync(Cancellation));
        Assert.True((await StoredAsync("fork"))!.OwesRelease);
        Assert.Single(await ReservationsAsync("source"));
        _fixture.Crash(seed: 2);
        _fixture.Directory.Start();
        await SettledAsync("both are gone", async () =>
            await StoredAsync("fork") is null && await StoredAsync("source") is null);
    }

    [Fact]
    public async Task Rule8_NameOfAForkThatOwesARelease_CanBeUsedAtOnce()
    {
        var (source, fork) = await SourceAsync();
        await fork.NewForkAsync(source);
        _fixture.Store.Plan([CommitFault.None, .. Never]);
        await fork.DeleteAsync(Cancellation);

        await fork.NewAsync(new CreateRequest { Events = TestData.Payloads("new") });

        Assert.Equal(["new"], await fork.TextsAsync());
        Assert.Empty(await ReservationsAsync("source"));
    }

    [Fact]
    public async Task Rule8_SourceRecreatedMeanwhile_ARepeatedReleaseDoesNotTouchIt()
    {
        var (source, fork) = await SourceAsync();
        await fork.NewForkAsync(source);
        var old = (await StoredAsync("fork"))!.Origin!;
        await fork.DeleteAsync(Cancellation);
        await fork.NewForkAsync(source);

        await _fixture.Directory.Streams.Submit(source.Name, new StepCommand(log => log.DropHold(fork.Name, old.Incarnation)));

        Assert.Single(await ReservationsAsync("source"));
    }

    [Fact]
    public async Task Rule8_TrimOfTheSource_PurgesWhatNoForkHolds()
    {
        var source = _fixture.At("source");
        await source.NewAsync();
        foreach (var text in new[] { "a", "b", "c", "d" })
        {
            await source.PutAsync(text);
        }

        var (earliest, tail) = ((await source.StateAsync()).Earliest, (await source.StateAsync()).Tail);
        await source.TrimAsync(earliest with { Sequence = 1 }, Cancellation);
        await _fixture.At("fork").NewForkAsync(source, at: earliest with { Sequence = 3 });
        await source.TrimAsync(tail, Cancellation);

        Assert.Equal(new long[] { 1, 2 }, await StoredSequencesAsync());
        Assert.Equal(["b", "c"], await _fixture.At("fork").TextsAsync());
        await _fixture.At("fork").DeleteAsync(Cancellation);
        Assert.Empty(await StoredSequencesAsync());
    }

    [Fact]
    public void Hold_OfTheDeepestFork_IsRefusedOneAbove()
    {
        var limits = TestLogs.Limits with { MaxForkDepth = 2 };
        var log = TestLogs.New("s", limits, new StreamState { ContentType = StreamContentType.Default, ForkDepth = 1 });
        var spec = new ForkSpec(log.Name, null, false, 0);
        Assert.NotNull(log.Hold(spec, TestData.Name("f"), null, 9, 0).Basis);

        log = TestLogs.New("s", limits, new StreamState { ContentType = StreamContentType.Default, ForkDepth = 2 });
        Assert.IsType<CreateOutcome.ForkTooDeep>(log.Hold(spec, TestData.Name("f"), null, 9, 0).Refusal);
    }

    [Fact]
    public void Hold_AboveTheNumberOfForks_IsRefusedByName()
    {
        var log = TestLogs.New("s", TestLogs.Limits with { MaxForks = 2 }, new StreamState { ContentType = StreamContentType.Default });
        var spec = new ForkSpec(log.Name, null, false, 0);
        Assert.NotNull(log.Hold(spec, TestData.Name("a"), null, 2, 0).Basis);
        log.ConfirmHold(TestData.Name("a"), 2);
        Assert.NotNull(log.Hold(spec, TestData.Name("b"), null, 3, 0).Basis);

        Assert.Equal(new CreateOutcome.ForkLimit(2), log.Hold(spec, TestData.Name("c"), null, 4, 0).Refusal);
        Assert.NotNull(log.Hold(spec, TestData.Name("b"), null, 3, 0).Basis);
        log.DropHold(TestData.Name("a"), 2);
        Assert.NotNull(log.Hold(spec, TestData.Name("c"), null, 4, 0).Basis);
    }

    [Fact]
    public void Hold_AboveTheBytesOfUnconfirmedForks_IsOverloadedUntilOneIsConfirmed()
    {
        var log = TestLogs.New(
            "s", TestLogs.Limits with { MaxStateBytes = 200 }, new StreamState { ContentType = StreamContentType.Default });
        var spec = new ForkSpec(log.Name, null, false, 0);
        var name = new string('f', 50);
        Assert.NotNull(log.Hold(spec, TestData.Name(name), null, 2, 0).Basis);
        Assert.NotNull(log.Hold(spec, TestData.Name(name), null, 3, 0).Basis);

        var refusal = log.Hold(spec, TestData.Name(name), null, 4, 0).Refusal;
        Assert.Equal(UnavailableReason.Overloaded, Assert.IsType<CreateOutcome.Unavailable>(refusal).Reason);
        Assert.Equal(2, log.ForkCount);
        log.ConfirmHold(TestData.Name(name), 2);
        Assert.NotNull(log.Hold(spec, TestData.Name(name), null, 4, 0).Basis);
    }

    private async Task<(IStreamHandle Source, IStreamHandle Fork)> SourceAsync()
    {
        var source = _fixture.At("source");
        await source.NewAsync(new CreateRequest { Events = TestData.Payloads("a", "b") });
        return (source, _fixture.At("fork"));
    }

    private static ValueTask<CreateOutcome> ForkAsync(IStreamHandle fork, IStreamHandle source) => fork.CreateAsync(
        new CreateRequest { Fork = new ForkSpec(source.Name, null, FromStart: false, 0) }, Cancellation);

    private async Task DeletedForGoodAsync(IStreamHandle stream)
    {
        await stream.DeleteAsync(Cancellation);
        Assert.Null(await _fixture.Truth.GetHeadAsync(stream.Name, Cancellation));
    }

    private async Task<StreamState?> StoredAsync(string name) =>
        await _fixture.Truth.GetHeadAsync(TestData.Name(name), Cancellation) is { } head
            ? StreamStateCodec.Decode(head.State)
            : null;

    private async Task<ForkReservation[]> ReservationsAsync(string name)
    {
        ForkReservation[] reservations = [];
        await _fixture.Directory.Streams.Submit(TestData.Name(name), new StepCommand(log => reservations = [.. log.Forks.InOrder]));
        return reservations;
    }

    private async Task<long[]> StoredSequencesAsync() =>
        [.. (await _fixture.Truth.ListBlocksAsync(TestData.Name("source"), 0, 100, Cancellation)).Select(b => b.FirstSequence)];

    private Task SettledAsync(string phase, Func<Task<bool>> reached) =>
        Phase.UntilAsync(phase, reached, () => _fixture.Clock.Advance(TimeSpan.FromSeconds(1)), Cancellation);
}
