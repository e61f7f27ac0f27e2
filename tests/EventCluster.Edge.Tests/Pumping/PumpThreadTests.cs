using EventCluster.Delivery;
using EventCluster.Delivery.Pump;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace EventCluster.Edge.Tests.Pumping;

/// <summary>The threads of the pumps: they start with the server or not at all, and stop from every state.</summary>
public sealed class PumpThreadTests
{
    private const int Pumps = 3;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Construct_NobodyConnects_ThreadsRunAlready()
    {
        await using var fixture = new LiveFixture();
        List<Thread> started = [];
        using var pumps = Build(fixture, thread =>
        {
            thread.Start();
            started.Add(thread);
        });
        Assert.Equal(Pumps, started.Count);
        Assert.All(started, static thread => Assert.True(thread.IsAlive));
        Assert.Null(pumps.Fault);
    }

    /// <summary>The start fails with one line; the threads that did start have ended, and nobody joins the one that did not.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Construct_SystemGivesNoThread_FailsTheStartAndEndsTheOthers(int failing)
    {
        await using var fixture = new LiveFixture();
        List<Thread> started = [];
        var fault = Assert.Throws<IOException>(() => Build(fixture, thread =>
        {
            if (started.Count == failing)
            {
                throw new InsufficientMemoryException();
            }

            thread.Start();
            started.Add(thread);
        }));
        Assert.Contains("thread", fault.Message, StringComparison.Ordinal);
        Assert.Equal(failing, started.Count);
        Assert.All(started, static thread => Assert.False(thread.IsAlive));
    }

    [Fact]
    public async Task Dispose_InEveryState_Ends()
    {
        await using var fixture = new LiveFixture();
        var neverStarted = Single(fixture);
        Assert.Contains("has not started", neverStarted.Fault, StringComparison.Ordinal);
        neverStarted.Dispose();
        Assert.Null(neverStarted.Fault);

        var failed = Single(fixture);
        Assert.Throws<IOException>(() => failed.Start(static _ => throw new InsufficientMemoryException()));
        Assert.Contains("has not started", failed.Fault, StringComparison.Ordinal);
        failed.Dispose();

        // A start that failed once can succeed later.
        var second = Single(fixture);
        Assert.Throws<IOException>(() => second.Start(static _ => throw new InsufficientMemoryException()));
        second.Start(static thread => thread.Start());
        Assert.Null(second.Fault);
        second.Dispose();
        second.Dispose();
    }

    [Fact]
    public async Task Fault_ThreadHasEnded_SaysSo()
    {
        await using var fixture = new LiveFixture();
        var pump = Single(fixture);
        Thread? other = null;

        // Stands for a thread that died: it runs, but nothing of the pump's.
        pump.Start(thread => other = thread);
        Assert.Contains("has ended", pump.Fault, StringComparison.Ordinal);
        other!.Start();
        await Phase.UntilAsync("the thread runs", () => pump.Fault is null, Token);
        pump.Dispose();
    }

    private static SubscriptionPump Single(LiveFixture fixture) =>
        new(fixture.Base.Feeds, fixture.Base.Deadlines, NullLogger<SubscriptionPump>.Instance, fixture.ApplicationStopping);

    private static SubscriptionPumps Build(LiveFixture fixture, Action<Thread> start) => new(
        fixture.Base.Feeds, fixture.Base.Deadlines, Options.Create(new DeliveryOptions { Pumps = Pumps }),
        NullLogger<SubscriptionPump>.Instance, start, fixture.ApplicationStopping);
}
