using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core.Commands;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Core.Tests.Forks;

/// <summary>CORRECTNESS rule 30: a fork exists only with its hold on the source, whatever happens between the steps.</summary>
public sealed class ForkReservationTests : IAsyncDisposable
{
    private readonly DirectoryFixture _fixture = new();
    private readonly HookedOwners _owners;
    private readonly LocalStreamDirectory _slow;

    public ForkReservationTests()
    {
        _owners = new HookedOwners(_fixture.Directory.LocalOwners);
        _slow = new LocalStreamDirectory(
            _fixture.Store, new LocalStreamDirectoryOptions(), _fixture.Clock, new Random(7),
            NullLogger<LocalStreamDirectory>.Instance, _owners);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _slow.DisposeAsync();
        await _fixture.DisposeAsync();
    }

    /// <summary>
    /// Goal: a create that stalls for longer than unconfirmed holds live has a hold all the same. Method: node A stalls
    /// between the hold and its own commit; the source's owner drops the hold; A goes on.
    /// </summary>
    [Fact]
    public async Task Rule30_HoldIsDroppedWhileTheCreateStalls_TheForkHasAHold()
    {
        var source = await SourceAsync();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _owners.AfterHold = async () =>
        {
            held.TrySetResult();
            await gate.Task;
        };
        var fork = _slow.GetStream(TestData.Name("fork"));
        var creating = fork.CreateAsync(ForkOf(source), Cancellation).AsTask();
        await held.Task;
        _fixture.Clock.Advance(TimeSpan.FromSeconds(61));
        await _fixture.Directory.LocalOwners.VisitAsync(source.Name);
        Assert.False(await HasHoldAsync(source));
        gate.SetResult();

        Assert.IsType<CreateOutcome.Created>(await Phase.OfAsync("create", creating));

        await ForkOutlivesTheSourceAsync(fork, source);
    }

    /// <summary>Whatever happens to the hold after it was given, by whichever way: no fork without one.</summary>
    [Theory]
    [InlineData("dropped")]
    [InlineData("dropped twice")]
    [InlineData("source trimmed behind it")]
    [InlineData("fork's name opened elsewhere")]
    [InlineData("fork's name created and deleted elsewhere")]
    [InlineData("source moved to another owner")]
    public async Task Rule30_BetweenHoldAndCreate_TheForkHasAHoldOrIsNotThere(string what)
    {
        var source = await SourceAsync();
        var fork = _slow.GetStream(TestData.Name("fork"));
        var times = what == "dropped twice" ? 2 : 1;
        _owners.AfterHold = async () =>
        {
            if (times-- > 0)
            {
                await HappenAsync(what, source);
            }
        };

        var outcome = await fork.CreateAsync(ForkOf(source), Cancellation);

        Assert.IsType<CreateOutcome.Created>(outcome);
        var trimmed = what == "source trimmed behind it";
        await ForkOutlivesTheSourceAsync(fork, source, trimmed ? [] : ["a", "b"]);
    }

    [Fact]
    public async Task Rule30_HoldIsAlwaysDropped_TheCreateIsRefusedAndNothingIsLeft()
    {
        var source = await SourceAsync();
        _owners.AfterHold = () => DropAsync(source);

        var outcome = await _slow.GetStream(TestData.Name("fork")).CreateAsync(ForkOf(source), Cancellation);

        Assert.Equal(UnavailableReason.Moved, Assert.IsType<CreateOutcome.Unavailable>(outcome).Reason);
        Assert.Null(await _fixture.Truth.GetHeadAsync(TestData.Name("fork"), Cancellation));
        await source.DeleteAsync(Cancellation);
        Assert.Null(await _fixture.Truth.GetHeadAsync(source.Name, Cancellation));
    }

    /// <summary>An acknowledged append is kept: a fork that was used meanwhile stays, whatever it lacks.</summary>
    [Fact]
    public async Task Rule30_HoldIsGoneButTheForkWasAppendedTo_TheAppendIsKept()
    {
        var source = await SourceAsync();
        var fork = _slow.GetStream(TestData.Name("fork"));
        _owners.BeforeConfirm = async () =>
        {
            await fork.PutAsync("c");
            await DropAsync(source);
        };

        await fork.CreateAsync(ForkOf(source), Cancellation);

        Assert.Equal(["a", "b", "c"], await fork.TextsAsync());
    }

    [Fact]
    public async Task Rule30_SourceRecreatedBetweenDrawAndHold_IsTriedAgainAndOfTheNewOne()
    {
        var source = await SourceAsync();
        var isFirst = true;
        _owners.BeforeHold = async () =>
        {
            if (isFirst)
            {
                isFirst = false;
                await source.DeleteAsync(Cancellation);
                await source.NewAsync();
                await source.PutAsync("new");
            }
        };
        var fork = _slow.GetStream(TestData.Name("fork"));

        var outcome = await fork.CreateAsync(ForkOf(source), Cancellation);

        Assert.Equal(UnavailableReason.Moved, Assert.IsType<CreateOutcome.Unavailable>(outcome).Reason);
        Assert.IsType<CreateOutcome.Created>(await fork.CreateAsync(ForkOf(source), Cancellation));
        await ForkOutlivesTheSourceAsync(fork, source, ["new"]);
    }

    [Fact]
    public async Task Rule30_SourceRecreatedEveryTime_TheCreateIsAnsweredAndOthersAreNotDisturbed()
    {
        var source = await SourceAsync();
        _owners.BeforeHold = async () =>
        {
            await source.DeleteAsync(Cancellation);
            await source.NewAsync();
        };

        var outcome = await _slow.GetStream(TestData.Name("fork")).CreateAsync(ForkOf(source), Cancellation);

        Assert.Equal(UnavailableReason.Moved, Assert.IsType<CreateOutcome.Unavailable>(outcome).Reason);
        await source.PutAsync("x");
        Assert.Equal(["x"], await source.TextsAsync());
    }

    /// <summary>Two clients create one fork at once, on one node and on two: one fork, one hold.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule30_TwoCreatesAtOnce_OneForkWithOneHold(bool onTwoNodes)
    {
        var source = await SourceAsync();
        _fixture.Store.YieldsBeforeCommits = true;
        var first = _fixture.At("fork");
        var second = (onTwoNodes ? _slow : _fixture.Directory).GetStream(first.Name);

        var outcomes = await Task.WhenAll(
            first.CreateAsync(ForkOf(source), Cancellation).AsTask(), second.CreateAsync(ForkOf(source), Cancellation).AsTask());

        // Two nodes that take the name from each other may both be told to try again; one that does so alone is served.
        Assert.True(onTwoNodes || outcomes.Any(static outcome => outcome is CreateOutcome.Created));
        await Phase.UntilAsync(
            "a client that tries again is served",
            async () => await first.CreateAsync(ForkOf(source), Cancellation) is not CreateOutcome.Unavailable,
            static () => { },
            Cancellation);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(61));
        await _fixture.Directory.LocalOwners.VisitAsync(source.Name);
        _fixture.Crash(seed: 5);
        await ForkOutlivesTheSourceAsync(_fixture.At("fork"), _fixture.At("source"));
    }

    private static CreateRequest ForkOf(IStreamHandle source) =>
        new() { Fork = new ForkSpec(source.Name, null, FromStart: false, 0) };

    private async Task<IStreamHandle> SourceAsync()
    {
        var source = _fixture.At("source");
        await source.NewAsync();
        await source.PutAsync("a");
        await source.PutAsync("b");
        return source;
    }

    private async Task HappenAsync(string what, IStreamHandle source)
    {
        switch (what)
        {
            case "dropped" or "dropped twice":
                await DropAsync(source);
                break;
            case "source trimmed behind it":
                await DropAsync(source);
                await source.TrimAsync((await source.StateAsync()).Tail, Cancellation);
                break;
            case "fork's name opened elsewhere":
                await _fixture.At("fork").DescribeAsync(Cancellation);
                break;
            case "fork's name created and deleted elsewhere":
                await _fixture.At("fork").NewAsync();
                await _fixture.At("fork").DeleteAsync(Cancellation);
                break;
            default:
                await _fixture.OpenAnother(seed: 9).GetStream(source.Name).StateAsync();
                break;
        }
    }

    private async Task DropAsync(IStreamHandle source)
    {
        foreach (var (fork, incarnation) in _owners.Held)
        {
            await _fixture.Directory.Streams.Submit(source.Name, new StepCommand(log => log.DropHold(fork, incarnation)));
        }
    }

    private async Task<bool> HasHoldAsync(IStreamHandle source)
    {
        var any = false;
        await _fixture.Directory.Streams.Submit(
            source.Name, new StepCommand(log => any = _owners.Held.Exists(held => log.HasHold(held.Fork, held.Incarnation))));
        return any;
    }

    private static async Task ForkOutlivesTheSourceAsync(IStreamHandle fork, IStreamHandle source, string[]? texts = null)
    {
        texts ??= ["a", "b"];
        Assert.Equal(texts, await fork.TextsAsync());
        Assert.IsType<DeleteOutcome.Deleted>(await source.DeleteAsync(Cancellation));
        Assert.Equal(texts, await fork.TextsAsync());
    }
}
