using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Edge.Http;

/// <summary>
/// Turns a body into events by the rules of <see cref="EventPayload"/>. JSON is read once: an array is flattened one level by
/// slicing the original bytes, so events keep their exact text; everything else is one event.
/// </summary>
internal static class EventSplitter
{
    private static readonly JsonReaderOptions ValueOptions = new() { MaxDepth = ProtocolLimits.MaxJsonDepth };
    private static readonly JsonReaderOptions ArrayOptions = new() { MaxDepth = ProtocolLimits.MaxJsonDepth + 1 };

    /// <summary>Splits a body that is not empty.</summary>
    /// <param name="body">The body; the events are slices of it.</param>
    /// <param name="kind">What the content type says.</param>
    /// <param name="events">The events; none for the JSON text <c>[]</c>.</param>
    /// <param name="fault">Why not.</param>
    public static bool TrySplit(
        byte[] body,
        PayloadKind kind,
        [NotNullWhen(true)] out IReadOnlyList<ReadOnlyMemory<byte>>? events,
        [NotNullWhen(false)] out RequestFault? fault)
    {
        List<ReadOnlyMemory<byte>> found = [];
        var invalid = kind == PayloadKind.Json
            ? EventPayload.CheckText(body) ?? SplitJson(body, found)
            : EventPayload.Check(body, kind);
        if (invalid is not null)
        {
            (events, fault) = (null, ErrorResponses.Of(invalid));
            return false;
        }

        (events, fault) = (kind == PayloadKind.Json ? found : [body.AsMemory()], null);
        return true;
    }

    private static Refusal? SplitJson(byte[] body, List<ReadOnlyMemory<byte>> events)
    {
        var isArray = body.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'[', ..];
        try
        {
            var reader = new Utf8JsonReader(body, isArray ? ArrayOptions : ValueOptions);
            reader.Read();
            var invalid = isArray ? TakeElements(body, ref reader, events) : Take(body, ref reader, events);

            // Anything but white space behind the value is reported by this; after a refusal the rest does not matter.
            return invalid is null && reader.Read() ? throw new JsonException() : invalid;
        }
        catch (JsonException e)
        {
            return EventPayload.NotJson(e);
        }
    }

    private static Refusal? TakeElements(byte[] body, ref Utf8JsonReader reader, List<ReadOnlyMemory<byte>> elements)
    {
        Refusal? invalid = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray && invalid?.Code != ErrorCode.TooLarge)
        {
            invalid = Take(body, ref reader, elements) ?? RequestRules.CheckCount(elements.Count);
        }

        return invalid;
    }

    private static Refusal? Take(byte[] body, ref Utf8JsonReader reader, List<ReadOnlyMemory<byte>> elements)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        var length = (int)reader.BytesConsumed - start;
        elements.Add(body.AsMemory(start, length));
        return EventPayload.CheckSize(length);
    }
}
