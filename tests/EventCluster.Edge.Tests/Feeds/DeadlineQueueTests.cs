using EventCluster.Edge.Feeds;
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

    private sealed class Probe(Action action) : IDeadline
    {
        public void OnDue(long now) => action();
    }
}
