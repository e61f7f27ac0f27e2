using EventCluster.Delivery.Timing;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Feeds;

public sealed class DeadlineQueueTests
{
    [Fact]
    public void Add_ManyDeadlines_FireInOrderOnOneTimer()
    {
        var clock = new VirtualTimeProvider();
        using var queue = new DeadlineQueue(clock);
        List<int> fired = [];
        foreach (var seconds in new[] { 5, 1, 3 })
        {
            queue.Add(new Probe(() => fired.Add(seconds)), queue.In(TimeSpan.FromSeconds(seconds)));
        }

        Assert.Equal(1, clock.ArmedTimers);
        clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal([1, 3], fired);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([1, 3, 5], fired);
        Assert.Equal(0, clock.ArmedTimers);
    }

    [Fact]
    public void Add_FromACallback_FiresAgain()
    {
        var clock = new VirtualTimeProvider();
        using var queue = new DeadlineQueue(clock);
        var fired = 0;
        Probe? probe = null;
        probe = new Probe(() =>
        {
            fired++;
            queue.Add(probe!, queue.In(TimeSpan.FromSeconds(1)));
        });
        queue.Add(probe, queue.In(TimeSpan.FromSeconds(1)));
        for (var i = 0; i < 10; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(10, fired);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Fire_OneDeadlineFails_TheOthersAndLaterOnesFire(int failing)
    {
        var clock = new VirtualTimeProvider();
        using var queue = new DeadlineQueue(clock);
        List<int> fired = [];
        for (var i = 0; i < 4; i++)
        {
            var number = i;
            queue.Add(
                new Probe(() => fired.Add(number == failing ? throw new InvalidOperationException("a surprise") : number)),
                queue.In(TimeSpan.FromSeconds(number < 3 ? 1 : 2)));
        }

        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Enumerable.Range(0, 3).Where(number => number != failing), fired);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(3, fired[^1]);
    }

    [Fact]
    public void Add_TimerCouldNotBeSetOnce_NextDeadlineSetsIt()
    {
        var clock = new FailingClock();
        using var queue = new DeadlineQueue(clock);
        var fired = 0;
        clock.Fails = true;
        Assert.Throws<InsufficientMemoryException>(() => queue.Add(new Probe(() => fired++), queue.In(TimeSpan.FromSeconds(1))));
        clock.Fails = false;
        queue.Add(new Probe(() => fired++), queue.In(TimeSpan.FromSeconds(2)));
        clock.Inner.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2, fired);
    }

    /// <summary>A clock whose timers cannot be set for a while.</summary>
    private sealed class FailingClock : TimeProvider
    {
        public VirtualTimeProvider Inner { get; } = new();

        public bool Fails { get; set; }

        public override long TimestampFrequency => Inner.TimestampFrequency;

        public override long GetTimestamp() => Inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new FailingTimer(this, Inner.CreateTimer(callback, state, dueTime, period));

        private sealed class FailingTimer(FailingClock clock, ITimer timer) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) =>
                clock.Fails ? throw new InsufficientMemoryException() : timer.Change(dueTime, period);

            public void Dispose() => timer.Dispose();

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }

    private sealed class Probe(Action action) : IDeadline
    {
        public void OnDue(long now) => action();
    }
}
