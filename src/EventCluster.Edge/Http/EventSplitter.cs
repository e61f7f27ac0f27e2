using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;
using EventCluster.Protocol;

namespace EventCluster.Edge.Http;

/// <summary>
/// Turns a body into events. JSON is validated and an array flattened one level by slicing the original bytes, so events
/// keep their exact text; everything else is one event.
/// </summary>
internal static class EventSplitter
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = EdgeLimits.MaxJsonDepth };

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
        events = null;
        if (kind != PayloadKind.Binary && !Utf8.IsValid(body))
        {
            fault = new RequestFault(
                400, ErrorCode.InvalidBody, "The body is not valid UTF-8, which the content type of the stream demands.");
            return false;
        }

        if (kind == PayloadKind.Json)
        {
            return TrySplitJson(body, out events, out fault);
        }

        fault = CheckSize(body.Length);
        events = fault is null ? [body.AsMemory()] : null;
        return fault is null;
    }

    private static bool TrySplitJson(
        byte[] body,
        [NotNullWhen(true)] out IReadOnlyList<ReadOnlyMemory<byte>>? events,
        [NotNullWhen(false)] out RequestFault? fault)
    {
        events = null;
        try
        {
            var reader = new Utf8JsonReader(body, Options);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                var value = TakeValue(body, ref reader);
                reader.Read();
                fault = CheckSize(value.Length);
                events = fault is null ? [value] : null;
                return fault is null;
            }

            var elements = new List<ReadOnlyMemory<byte>>();
            fault = TakeElements(body, ref reader, elements);
            events = elements;
            return fault is null;
        }
        catch (JsonException e)
        {
            fault = new RequestFault(400, ErrorCode.InvalidBody, $"The body is not valid JSON: {e.Message}");
            return false;
        }
    }

    private static RequestFault? TakeElements(byte[] body, ref Utf8JsonReader reader, List<ReadOnlyMemory<byte>> elements)
    {
        RequestFault? fault = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var value = TakeValue(body, ref reader);
            fault ??= CheckSize(value.Length);
            if (elements.Count == ProtocolLimits.MaxEventsPerAppend)
            {
                return new RequestFault(
                    413, ErrorCode.TooLarge,
                    $"The array has more than {ProtocolLimits.MaxEventsPerAppend} elements; send several appends.");
            }

            elements.Add(value);
        }

        reader.Read();
        return fault;
    }

    private static ReadOnlyMemory<byte> TakeValue(byte[] body, ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return body.AsMemory(start, (int)reader.BytesConsumed - start);
    }

    private static RequestFault? CheckSize(int bytes) => bytes <= ProtocolLimits.MaxEventBytes
        ? null
        : new RequestFault(
            413, ErrorCode.TooLarge, $"An event has {bytes} bytes; at most {ProtocolLimits.MaxEventBytes} are allowed.");
}
