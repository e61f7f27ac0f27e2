using EventCluster.Abstractions.Memory;
using Xunit;

namespace EventCluster.Abstractions.Tests.Memory;

public sealed class MemoryShareTests
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromMinutes(2);

    [Fact]
    public void TryReserve_UpToTheLimitAndBeyond_TakesAllOrNothing()
    {
        var share = new MemoryShare("test", limit: 10);
        Assert.True(share.TryReserve(4));
        Assert.False(share.TryReserve(7));
        Assert.Equal((4L, 1L), (share.Used, share.Refused));
        Assert.True(share.TryReserve(6));
        Assert.True(share.TryReserve(0));
        Assert.False(share.TryReserve(long.MaxValue));
        share.Release(10);
        Assert.Equal((0L, 10L), (share.Used, share.Peak));
    }

    [Fact]
    public void Release_MoreThanReserved_ThrowsAndChangesNothing()
    {
        var share = new MemoryShare("test", limit: 10);
        Assert.True(share.TryReserve(3));
        Assert.Throws<InvalidOperationException>(() => share.Release(4));
        Assert.Equal(3, share.Used);
        Assert.Throws<ArgumentOutOfRangeException>(() => share.Release(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => share.TryReserve(-1));
    }

    [Fact]
    public void Take_BeyondTheLimit_CountsAndLeavesTheShareFull()
    {
        var share = new MemoryShare("test", limit: 10);
        share.Take(9);
        Assert.False(share.IsFull);
        share.Take(9);
        Assert.Equal((18L, true, false), (share.Used, share.IsFull, share.TryReserve(1)));
        share.Release(18);
        Assert.Equal((0L, false, true), (share.Used, share.IsFull, share.TryReserve(10)));
    }

    [Fact]
    public async Task ReserveAsync_Full_WaitsInOrderAndIsGrantedByReleases()
    {
        var share = new MemoryShare("test", limit: 10);
        Assert.True(share.TryReserve(10));
        var large = share.ReserveAsync(8, HangGuard, TimeProvider.System, CancellationToken.None).AsTask();
        var small = share.ReserveAsync(2, HangGuard, TimeProvider.System, CancellationToken.None).AsTask();
        Assert.Equal(2, share.Waiting);

        // Two bytes would do for the small one, which does not overtake.
        share.Release(2);
        Assert.Equal((2, 8L), (share.Waiting, share.Used));
        share.Release(8);
        Assert.True(await large);
        Assert.True(await small);
        Assert.Equal((0, 10L), (share.Waiting, share.Used));
    }

    [Fact]
    public async Task ReserveAsync_TimeIsUp_IsRefusedAndLetsSmallerOnesGoOn()
    {
        var share = new MemoryShare("test", limit: 10);
        Assert.True(share.TryReserve(7));
        var large = share.ReserveAsync(8, TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None).AsTask();
        var small = share.ReserveAsync(3, HangGuard, TimeProvider.System, CancellationToken.None).AsTask();
        Assert.False(await large);
        Assert.True(await small);
        Assert.Equal((0, 10L, 1L), (share.Waiting, share.Used, share.Refused));
    }

    [Fact]
    public async Task ReserveAsync_Cancelled_LeavesNothingBehind()
    {
        var share = new MemoryShare("test", limit: 10);
        Assert.True(share.TryReserve(10));
        using var cancelled = new CancellationTokenSource();
        var wait = share.ReserveAsync(1, HangGuard, TimeProvider.System, cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        share.Release(10);
        Assert.Equal((0, 0L), (share.Waiting, share.Used));
    }

    [Fact]
    public async Task ReserveAsync_NeverFitsOrTooManyWait_IsRefusedAtOnce()
    {
        var share = new MemoryShare("test", limit: 10, maxWaiters: 1);
        Assert.False(await share.ReserveAsync(11, HangGuard, TimeProvider.System, CancellationToken.None));
        Assert.True(share.TryReserve(10));
        var first = share.ReserveAsync(1, HangGuard, TimeProvider.System, CancellationToken.None).AsTask();
        Assert.False(await share.ReserveAsync(1, HangGuard, TimeProvider.System, CancellationToken.None));
        share.Release(10);
        Assert.True(await first);
    }

    /// <summary>
    /// Goal: bytes are neither lost nor invented, and nobody is forgotten, whoever meets whom. Method: eight tasks with
    /// seeds of their own reserve, wait, give up and release; the sum never exceeds the limit and is zero at the end.
    /// </summary>
    [Fact]
    public async Task ReserveAndRelease_ManyThreads_SumStaysWithinTheLimitAndReturnsToZero()
    {
        const int Limit = 100;
        const int Rounds = 5_000;
        var share = new MemoryShare("test", Limit);
        var held = 0L;
        await Task.WhenAll(Enumerable.Range(1, 8).Select(seed => Task.Run(() => RunAsync(new Random(seed)))));
        Assert.Equal((0L, 0L, 0), (held, share.Used, share.Waiting));
        Assert.InRange(share.Peak, 1, Limit);

        async Task RunAsync(Random random)
        {
            for (var i = 0; i < Rounds; i++)
            {
                var bytes = random.Next(1, 60);
                var longest = random.Next(4) == 0 ? TimeSpan.FromMilliseconds(1) : HangGuard;
                var taken = random.Next(2) == 0
                    ? share.TryReserve(bytes)
                    : await share.ReserveAsync(bytes, longest, TimeProvider.System, CancellationToken.None);
                if (taken)
                {
                    Assert.InRange(Interlocked.Add(ref held, bytes), 1, Limit);
                    Interlocked.Add(ref held, -bytes);
                    share.Release(bytes);
                }
            }
        }
    }
}
