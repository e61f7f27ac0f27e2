using EventCluster.Edge.Sessions;

namespace EventCluster.Edge.Tests.Sessions;

public sealed class LivenessTests
{
    private static readonly Liveness Rule = new(Heartbeat: 100, Farewell: 10);

    [Theory]
    [InlineData(99, 0, 0, 0, "None", 100)]
    [InlineData(100, 0, 0, 0, "Ping", 200)]
    [InlineData(100, 50, 0, 0, "Ping", 200)]
    [InlineData(100, 0, 50, 0, "Ping", 200)]
    [InlineData(140, 50, 50, 0, "None", 150)]
    [InlineData(150, 50, 50, 100, "None", 200)]
    [InlineData(199, 0, 150, 100, "None", 200)]
    [InlineData(200, 0, 150, 100, "Cut", 0)]
    [InlineData(500, 450, 0, 420, "None", 520)]
    public void Decide_WhileTheSessionGoesOn_PingsAfterOneHeartbeatAndCutsAfterTwo(
        long now, long heard, long sent, long pinged, string action, long nextAt) =>
        Assert.Equal((Enum.Parse<LivenessAction>(action), nextAt), Rule.Decide(now, heard, sent, pinged, endedAt: null));

    [Theory]
    [InlineData(1_000, 950, 0, "None", 1_050)]
    [InlineData(1_050, 950, 0, "Ping", 1_150)]
    public void Decide_ForAClientThatNeverSpeaks_NeverCuts(long now, long sent, long pinged, string action, long nextAt) =>
        Assert.Equal((Enum.Parse<LivenessAction>(action), nextAt), Rule.Decide(now, heard: null, sent, pinged, endedAt: null));

    [Theory]
    [InlineData(5, 0, "None", 10)]
    [InlineData(10, 0, "Cut", 0)]
    [InlineData(1009, 1000, "None", 1010)]
    public void Decide_AfterTheEnd_CutsAfterTheFarewell(long now, long endedAt, string action, long nextAt) =>
        Assert.Equal((Enum.Parse<LivenessAction>(action), nextAt), Rule.Decide(now, 0, 0, 0, endedAt));
}
