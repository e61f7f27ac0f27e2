using EventCluster.Protocol;

namespace EventCluster.Edge.Memory;

/// <summary>
/// What an append makes the node hold from the arrival of its bytes until its commit is settled: the bytes as they came,
/// the list of its events, and the block that the owner encodes and the journal writes.
/// </summary>
public static class AppendCost
{
    private static ReadOnlySpan<byte> JsonSpace => " \t\r\n"u8;

    /// <summary>An entry in the lists of events on the way to the block, with what doubling wastes.</summary>
    private const int ListedEventBytes = 64;

    /// <summary>The shortest event of a JSON array with its comma.</summary>
    private const int ShortestJsonEvent = 2;

    /// <summary>The shortest event of an append message, <c>{"data":1},</c>.</summary>
    private const int ShortestMessageEvent = 11;

    /// <summary>
    /// What is made of a body, beside the body itself. Commas bound the number of events of a JSON array, and what does not
    /// begin like one is one event.
    /// </summary>
    public static long Of(ReadOnlySpan<byte> body)
    {
        var isArray = body.IndexOfAnyExcept(JsonSpace) is var start and >= 0 && body[start] == (byte)'[';
        return Of(isArray ? Math.Min(body.Count((byte)',') + 1, ProtocolLimits.MaxEventsPerAppend) : 1, body.Length);
    }

    /// <summary>What is made of an append message, beside the message itself: its payloads are copied, each from one object.</summary>
    public static long OfMessage(ReadOnlySpan<byte> text) =>
        text.Length + Of(Math.Min(text.Count((byte)'{') + 1, ProtocolLimits.MaxEventsPerAppend), text.Length);

    /// <summary>Most that can be made of a JSON body, beside the body itself.</summary>
    public static long OfJson(int bytes) => Of(Math.Min(MaxEvents(bytes, ShortestJsonEvent), ProtocolLimits.MaxEventsPerAppend), bytes);

    /// <summary>Most that can be made of a message, beside the message itself: its payloads are copied.</summary>
    public static long OfMessage(int bytes) =>
        bytes + Of(Math.Min(MaxEvents(bytes, ShortestMessageEvent), ProtocolLimits.MaxEventsPerAppend), bytes);

    /// <summary>Most that one body of a size needs: a full array while it is copied into a larger one, and what is made of it.</summary>
    public static long MostOfBody(int bytes) => Math.Max(2L * bytes, bytes + OfJson(bytes));

    /// <summary>The same of one message.</summary>
    public static long MostOfMessage(int bytes) => Math.Max(2L * bytes, bytes + OfMessage(bytes));

    private static long Of(int events, int bytes) => EventBlock.EncodedBytes(events, bytes) + ((long)events * ListedEventBytes);

    private static int MaxEvents(int bytes, int shortest) => (bytes / shortest) + 1;
}
