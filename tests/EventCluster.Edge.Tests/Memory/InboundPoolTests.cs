using EventCluster.Abstractions.Memory;
using EventCluster.Edge.Memory;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Memory;

/// <summary>
/// Bodies that are cut in favour of others. A pipe goes on with its reader inside the call that cancels its read, so the
/// reader's end runs where the cut is made.
/// </summary>
public sealed class InboundPoolTests
{
    private const int Capacity = 1_000_000;

    [Fact]
    public async Task Cut_ReaderEndsInsideTheCut_WhileAnotherLooksForSlowOnes_NobodyWaitsForEver()
    {
        var clock = new VirtualTimeProvider();
        var share = new MemoryShare("large", Capacity);
        var pool = new InboundPool(share, new MemoryShare("small", 0), clock);
        var read = new TaskCompletionSource();
        Task<MemoryLease>? other = null;
        var victim = pool.Begin(() =>
        {
            // Meanwhile another one looks at all that arrive, and waits for this one's lock.
            var thread = new Thread(() => other = pool.ReserveAsync(Capacity, Capacity).AsTask()) { IsBackground = true };
            thread.Start();
            SpinWait.SpinUntil(() => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Phase.HangGuard);
            read.SetResult();
        });
        var reading = ReadAsync(victim, read.Task);
        await GrowAsync(victim);
        victim.Wait();
        clock.Advance(EdgeLimits.SlowAfter);

        var lease = await Phase.OfAsync("the cut", Task.Run(() => pool.ReserveAsync(Capacity, Capacity).AsTask()));

        Assert.False(await Phase.OfAsync("the reader", reading));
        var late = await Phase.OfAsync("the other one", Task.Run(async () =>
        {
            SpinWait.SpinUntil(() => Volatile.Read(ref other) is not null, Phase.HangGuard);
            return await other!;
        }));

        // There is room for one of the two.
        Assert.NotEqual(lease.IsGranted, late.IsGranted);
        lease.Release();
        late.Release();
        Assert.Equal(0, share.Used);
        Assert.Equal(0, pool.Unfinished);
    }

    [Fact]
    public async Task Cut_ReaderGoesOn_NotUnderTheLockOfTheCut()
    {
        var clock = new VirtualTimeProvider();
        var pool = new InboundPool(new MemoryShare("large", Capacity), new MemoryShare("small", 0), clock);
        var read = new TaskCompletionSource();
        using var cutAgain = new ManualResetEventSlim();
        var victim = pool.Begin(read.SetResult);
        var reading = ReadAsync(victim, read.Task, () => Assert.True(cutAgain.Wait(Phase.HangGuard)));
        await GrowAsync(victim);
        victim.Wait();
        clock.Advance(EdgeLimits.SlowAfter);

        var first = Task.Run(victim.Cut, TestContext.Current.CancellationToken);
        var second = Task.Run(async () =>
        {
            await read.Task;
            var ended = victim.Cut();
            cutAgain.Set();
            await ended;
        }, TestContext.Current.CancellationToken);

        Assert.False(await Phase.OfAsync("the reader", reading));
        await Phase.OfAsync("both cuts", Task.WhenAll(first, second));
    }

    private static async Task GrowAsync(InboundArrival arrival)
    {
        Assert.True(await arrival.TryGrowAsync(Capacity, Capacity));
        arrival.Replaced();
    }

    /// <summary>A reader as those of bodies and messages: it waits for its client, and gives up when it was cut.</summary>
    private static async Task<bool> ReadAsync(InboundArrival arrival, Task read, Action? beforeItsEnd = null)
    {
        await read;
        var arrived = await arrival.ArrivedAsync(0);
        beforeItsEnd?.Invoke();
        arrival.Dispose();
        return arrived;
    }
}
