using EventCluster.Delivery.Timing;
using EventCluster.Edge.Live;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Live;

public sealed class LiveCursorTests
{
    private static readonly DateTimeOffset Start = new(2024, 10, 9, 0, 10, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(null, 30, 30)]
    [InlineData(29L, 30, 30)]
    [InlineData(30L, 31, 210)]
    [InlineData(1_000_000L, 1_000_001, 1_000_180)]
    public void Next_AnyClientCursor_IsAboveItAndNeverBehindTheClock(long? sent, long min, long max)
    {
        var cursor = new LiveCursor(new VirtualTimeProvider(Start), new EdgeRandom(new Random(1)));
        for (var i = 0; i < 1_000; i++)
        {
            Assert.InRange(cursor.Next(sent), min, max);
        }
    }

    [Fact]
    public void Next_OneInterval_IsTwentySeconds()
    {
        var time = new VirtualTimeProvider(Start);
        var cursor = new LiveCursor(time, new EdgeRandom(new Random(1)));
        time.Advance(TimeSpan.FromSeconds(19.9));
        Assert.Equal(30, cursor.Next(null));
        time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(31, cursor.Next(null));
    }
}
