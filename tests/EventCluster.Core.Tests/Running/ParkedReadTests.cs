using EventCluster.Core.InMemory;
using EventCluster.Core.Running;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Core.Tests.Running;

/// <summary>Waits at the tail: how each ends, and that one which is used again has nothing left of the wait before.</summary>
public sealed class ParkedReadTests
{
    private readonly VirtualTimeProvider _time = new();
    private readonly LocalStreamDirectoryOptions _options = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Wake_Twice_OnlyTheFirstCounts()
    {
        var read = new ParkedRead(_time);
        read.Begin();
        read.Wake(WakeReason.Moved);
        read.Wake(WakeReason.Changed);
        Assert.Equal(WakeReason.Moved, await read.WaitAsync(_time.GetTimestamp(), TimeSpan.FromSeconds(1), Token));
    }

    [Fact]
    public async Task Wait_AfterOneThatWasWoken_EndsAtItsOwnDeadline()
    {
        var read = new ParkedRead(_time);
        await BeWokenAsync(read, TimeSpan.FromSeconds(10));
        _time.Advance(TimeSpan.FromSeconds(6));

        read.Begin();
        var second = read.WaitAsync(_time.GetTimestamp(), TimeSpan.FromSeconds(10), Token).AsTask();
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(WakeReason.TimedOut, await Phase.OfAsync("second wait", second));
    }

    [Fact]
    public async Task Wait_ShorterThanTheOneBefore_IsNotLateForIt()
    {
        var read = new ParkedRead(_time);
        await BeWokenAsync(read, TimeSpan.FromSeconds(60));

        read.Begin();
        var second = read.WaitAsync(_time.GetTimestamp(), TimeSpan.FromSeconds(2), Token).AsTask();
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(WakeReason.TimedOut, await Phase.OfAsync("second wait", second));
    }

    [Fact]
    public async Task Wait_WhoseTimePassedBeforeItWasArmed_EndsAtOnce()
    {
        var read = new ParkedRead(_time);
        var since = _time.GetTimestamp();
        read.Begin();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(
            WakeReason.TimedOut,
            await Phase.OfAsync("wait", read.WaitAsync(since, TimeSpan.FromSeconds(1), Token).AsTask()));
    }

    [Fact]
    public async Task Cancel_OfAWaitThatIsOver_DoesNotEndTheNext()
    {
        var read = new ParkedRead(_time);
        using var caller = new CancellationTokenSource();
        read.Begin();
        var first = read.WaitAsync(_time.GetTimestamp(), TimeSpan.FromSeconds(1), caller.Token).AsTask();
        read.Wake(WakeReason.Changed);
        Assert.Equal(WakeReason.Changed, await Phase.OfAsync("first wait", first));
        read.Disarm();

        read.Begin();
        var second = read.WaitAsync(_time.GetTimestamp(), TimeSpan.FromSeconds(1), Token).AsTask();
        await caller.CancelAsync();
        Assert.False(second.IsCompleted);
        read.Wake(WakeReason.Changed);
        Assert.Equal(WakeReason.Changed, await Phase.OfAsync("second wait", second));
    }

    [Fact]
    public async Task Retire_AfterAWaitThatWasWoken_LeavesNoTimer()
    {
        var read = new ParkedRead(_time);
        await BeWokenAsync(read, TimeSpan.FromSeconds(10));
        Assert.Equal(1, _time.ArmedTimers);
        read.Retire();
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public void Waiters_TakenAndRemovedInAnyOrder_AreCountedOnce()
    {
        _options.MaxParkedReadsPerStream = 4;
        var context = Context();
        var waiters = new TailWaiters(context);
        var reads = Enumerable.Range(0, 4).Select(_ => waiters.TryPark()!).ToArray();
        Assert.Null(waiters.TryPark());
        waiters.Remove(reads[1]);
        waiters.Remove(reads[1]);
        waiters.Remove(reads[3]);
        Assert.Equal((2, 2), (waiters.Count, context.ParkedReads));

        var taken = waiters.TakeAll();
        waiters.Remove(reads[0]);
        Assert.Equal((0, 0), (waiters.Count, context.ParkedReads));
        var parkedMeanwhile = waiters.TryPark()!;
        TailWaiters.Wake(taken);
        Assert.Equal((1, 1), (waiters.Count, context.ParkedReads));
        Assert.True(parkedMeanwhile.IsParked);
    }

    [Fact]
    public async Task Waiters_AWokenRead_IsTheNextToWait()
    {
        var waiters = new TailWaiters(Context());
        var read = waiters.TryPark()!;
        var first = read.WaitAsync(_time.GetTimestamp(), TimeSpan.FromSeconds(1), Token).AsTask();
        TailWaiters.Wake(waiters.TakeAll());
        await Phase.OfAsync("first wait", first);
        read.Disarm();
        waiters.Reuse(read);
        Assert.Same(read, waiters.TryPark());
        Assert.NotSame(read, waiters.TryPark());
    }

    private async Task BeWokenAsync(ParkedRead read, TimeSpan waitUpTo)
    {
        read.Begin();
        var wait = read.WaitAsync(_time.GetTimestamp(), waitUpTo, Token).AsTask();
        read.Wake(WakeReason.Changed);
        Assert.Equal(WakeReason.Changed, await Phase.OfAsync("first wait", wait));
        read.Disarm();
    }

    private RunnerContext Context() => new(
        new InMemoryLogStore(new InMemoryLogStoreOptions()), _options, _time, new Random(1), NullLogger.Instance);
}
