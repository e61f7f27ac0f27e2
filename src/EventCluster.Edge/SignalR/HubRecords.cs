namespace EventCluster.Edge.SignalR;

/// <summary>
/// SignalR ends each message with a separator, and its clients want whole messages in each piece that their transport gives
/// them (a WebSocket message, an event, an answer to a poll). SignalR makes one piece of whatever waits in its pipe, so a piece
/// may end inside a message larger than that; the transports join such pieces.
/// </summary>
internal static class HubRecords
{
    /// <summary>What ends a message; valid JSON never contains it (RFC 8259, section 7).</summary>
    public const byte Separator = 0x1e;

    /// <summary>Whether a piece that ends with these bytes ends with a message.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> bytes) => bytes.IsEmpty || bytes[^1] == Separator;
}
