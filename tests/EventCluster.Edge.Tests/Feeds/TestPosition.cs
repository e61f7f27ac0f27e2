using EventCluster.Abstractions;
using EventCluster.Protocol;

namespace EventCluster.Edge.Tests.Feeds;

/// <summary>Positions of a stream with one incarnation.</summary>
internal static class TestPosition
{
    /// <summary>The position after some events of an incarnation that begins with the stream.</summary>
    public static HeldPosition At(long sequence, long incarnation = 1) =>
        new IncarnationList(new IncarnationStart(incarnation, 0)).Hold(new StreamOffset(incarnation, sequence));
}
