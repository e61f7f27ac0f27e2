namespace EventCluster.Benchmarks.Clients;

/// <summary>Bytes as they are: an unframed body, or WebSocket frames, whose headers a scan skips.</summary>
public sealed class PlainBody : IBody
{
    /// <inheritdoc />
    public int Decode(Span<byte> received) => received.Length;
}
