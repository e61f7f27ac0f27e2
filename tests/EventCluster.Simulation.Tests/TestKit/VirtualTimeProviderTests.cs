using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Simulation.Tests.TestKit;

public sealed class VirtualTimeProviderTests
{
    private readonly VirtualTimeProvider _clock = new();

    [Fact]
    public void Advance_FiresTimersInOrderOfDueTimeEachAtItsOwnTime()
    {
        List<string> fired = [];
        void Log(object? name) => fired.Add($"{name}@{_clock.Elapsed.TotalSeconds}");
        using var late = _clock.CreateTimer(Log, "late", TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        using var early = _clock.CreateTimer(Log, "early", TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        using var periodic = _clock.CreateTimer(Log, "tick", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

        _clock.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(["early@1", "tick@1", "tick@2", "late@3", "tick@3"], fired);
        Assert.Equal(TimeSpan.FromSeconds(4), _clock.NextDue);
    }

    [Fact]
    public void Timer_DisposedOrChanged_FollowsTheLastWord()
    {
        var fired = 0;
        using var timer = _clock.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        Assert.True(timer.Change(TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan));
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(0, fired);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, fired);
        timer.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        timer.Dispose();
        _clock.Advance(TimeSpan.FromSeconds(9));

        Assert.Equal(1, fired);
        Assert.False(timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        Assert.Equal(0, _clock.ArmedTimers);
    }

    [Fact]
    public async Task Delay_EndsWhenTheClockGetsThere()
    {
        var delay = Task.Delay(TimeSpan.FromMinutes(5), _clock, TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromMinutes(4.99));
        Assert.False(delay.IsCompleted);
        _clock.Advance(TimeSpan.FromMinutes(0.01));

        await Phase.OfAsync("delay", delay);
    }

    [Fact]
    public void JumpWallClock_MovesOnlyTheWallClock()
    {
        var (wall, stamp) = (_clock.GetUtcNow(), _clock.GetTimestamp());

        _clock.JumpWallClock(TimeSpan.FromHours(-2));
        _clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(wall - TimeSpan.FromHours(2) + TimeSpan.FromSeconds(10), _clock.GetUtcNow());
        Assert.Equal(10, _clock.GetElapsedTime(stamp).TotalSeconds, 5);
        Assert.NotEqual(0, TimeSpan.TicksPerSecond % _clock.TimestampFrequency);
    }
}
