namespace EventCluster.Benchmarks.Wire;

/// <summary>What went over a client's connections.</summary>
/// <param name="BytesUp">Bytes sent, as the application sees them.</param>
/// <param name="BytesDown">Bytes received.</param>
/// <param name="PacketsUp">TCP segments sent, acknowledgements included.</param>
/// <param name="PacketsDown">TCP segments received.</param>
public readonly record struct WireCost(long BytesUp, long BytesDown, long PacketsUp, long PacketsDown)
{
    /// <summary>IPv4 and TCP headers of a segment, with the time stamps that systems send.</summary>
    public const int PacketHeaderBytes = 52;

    /// <summary>Everything that a network carries, in both directions.</summary>
    public long OnTheWire => BytesUp + BytesDown + (PacketHeaderBytes * (PacketsUp + PacketsDown));

    /// <summary>The difference of two readings.</summary>
    public static WireCost operator -(WireCost after, WireCost before) => new(
        after.BytesUp - before.BytesUp, after.BytesDown - before.BytesDown, after.PacketsUp - before.PacketsUp, after.PacketsDown - before.PacketsDown);
}
