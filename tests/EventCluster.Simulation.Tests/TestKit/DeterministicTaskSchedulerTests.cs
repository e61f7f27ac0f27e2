using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Simulation.Tests.TestKit;

public sealed class DeterministicTaskSchedulerTests
{
    [Fact]
    public void Run_SameSeed_TakesTheSameOrderAndOtherSeedsOthers()
    {
        var orders = Enumerable.Range(0, 20).Select(seed => (Seed: seed, First: Order(seed), Second: Order(seed))).ToArray();

        Assert.All(orders, o => Assert.Equal(o.First, o.Second));
        Assert.True(orders.Select(o => o.First).Distinct().Count() > 10, "Seeds hardly change the order.");
    }

    [Fact]
    public void Run_ContinuationsAndDelays_StayOnTheOwnersThread()
    {
        var clock = new VirtualTimeProvider();
        var scheduler = new DeterministicTaskScheduler(new Random(1));
        var owner = Environment.CurrentManagedThreadId;
        List<int> threads = [];

        scheduler.RunToEnd(
            async () =>
            {
                for (var i = 0; i < 5; i++)
                {
                    await Task.Delay(TimeSpan.FromSeconds(1), clock, CancellationToken.None);
                    await Task.Yield();
                    threads.Add(Environment.CurrentManagedThreadId);
                }
            },
            clock);

        Assert.All(threads, t => Assert.Equal(owner, t));
        Assert.Equal(TimeSpan.FromSeconds(5), clock.Elapsed);
    }

    [Fact]
    public void RunToEnd_WorkThatNobodyEnds_IsNamedADeadlock()
    {
        var scheduler = new DeterministicTaskScheduler(new Random(1));

        Assert.Throws<InvalidOperationException>(
            () => scheduler.RunToEnd(() => new TaskCompletionSource().Task, new VirtualTimeProvider()));
    }

    [Fact]
    public async Task Run_AfterWorkCameFromAnotherThread_Fails()
    {
        var scheduler = new DeterministicTaskScheduler(new Random(1));
        var foreign = new Thread(() => _ = scheduler.Start(() => Task.CompletedTask));
        foreign.Start();
        await Phase.UntilAsync("foreign thread ends", () => !foreign.IsAlive, TestContext.Current.CancellationToken);

        var fault = Record.Exception(() => scheduler.RunUntilIdle());

        // The owner is the thread that made the scheduler; the test may go on on another one after its await.
        Assert.Contains("another thread", Assert.IsType<InvalidOperationException>(fault).Message, StringComparison.Ordinal);
    }

    private static string Order(int seed)
    {
        var scheduler = new DeterministicTaskScheduler(new Random(seed));
        List<int> order = [];
        for (var i = 0; i < 6; i++)
        {
            var id = i;
            _ = scheduler.Start(async () =>
            {
                await Task.Yield();
                order.Add(id);
            });
        }

        scheduler.RunUntilIdle();
        return string.Join(' ', order);
    }
}
