using EventCluster.Edge.Peers;

namespace EventCluster.Edge.Tests.Peers;

/// <summary>When a client counts as gone; limits of 10 s, heartbeats of 5 s.</summary>
public sealed class PeerSignsTests
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(1, 5, 0, 10.0, true)]
    [InlineData(1, 5, 0, 9.9, false)]
    [InlineData(1, 1, 0, 3600.0, true)]
    [InlineData(0, 0, 2, 10.0, true)]

    // A reader that takes nothing: its window is closed, it answers when asked, however long this goes on.
    [InlineData(0, 0, 0, 3600.0, false)]
    [InlineData(0, 0, 1, 3600.0, false)]

    // This process slept; what it just sent is on its way.
    [InlineData(3, 0, 0, 3600.0, false)]
    public void IsGone_NeedsADebtAndSilence(int inFlight, int resent, int probes, double seconds, bool expected) =>
        Assert.Equal(expected, new PeerSigns(inFlight, resent, probes, TimeSpan.FromSeconds(seconds)).IsGone(Limit));

    [Theory]
    [InlineData(0, 3600.0, 5.0)]
    [InlineData(1, 0.0, 5.0)]
    [InlineData(1, 5.0, 5.0)]
    [InlineData(1, 9.0, 1.0)]
    [InlineData(1, 9.99, 0.05)]
    [InlineData(1, 12.0, 0.05)]
    public void NextLook_IsAtTheLimitWhenSomethingIsOwed(int inFlight, double seconds, double expected) =>
        Assert.Equal(
            expected,
            new PeerSigns(inFlight, 0, 0, TimeSpan.FromSeconds(seconds)).NextLook(Heartbeat, Limit).TotalSeconds,
            precision: 6);
}
