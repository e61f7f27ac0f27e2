using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;
using EventCluster.Delivery.Reading;
using EventCluster.Edge.Http;
using EventCluster.Edge.Messages;
using EventCluster.Edge.Sessions;
using EventCluster.Protocol;

namespace EventCluster.Edge.SignalR;

/// <summary>Arguments of hub methods, in the shapes and under the rules of the WebSocket's messages.</summary>
internal static class HubRequests
{
    private const int MaxWindowMilliseconds = 60_000;

    private const string StreamsRule = "streams must be an array of {stream, offset} or {stream, last}.";

    /// <summary>Reads a stream's name.</summary>
    public static bool TryStream(string? text, out StreamName stream, [NotNullWhen(false)] out RequestFault? fault)
    {
        fault = StreamName.TryParse(text, out stream, out var error)
            ? null
            : new RequestFault(400, ErrorCode.InvalidName, $"stream: {error}");
        return fault is null;
    }

    /// <summary>Reads the arguments of <c>Subscribe</c>.</summary>
    public static bool TrySubscribe(
        string? stream,
        string? offset,
        JsonElement options,
        [NotNullWhen(true)] out Subscription? subscription,
        out TimeSpan window,
        [NotNullWhen(false)] out RequestFault? fault)
    {
        subscription = null;
        window = default;
        if (!TryStream(stream, out var name, out fault) || !TryObject(options, "options", out var fields, out fault)
            || !SubscribeFields.TryParse(fields, out var parsed, out fault) || !TryWindow(fields, out window, out fault))
        {
            return false;
        }

        if ((fault = Misplaced(fields)) is not null)
        {
            return false;
        }

        if (fields.Has(MessageField.Cursor))
        {
            fault = RequestFault.BadRequest("cursor belongs to SubscribeMany; Subscribe begins at its offset.");
            return false;
        }

        if (offset is not null)
        {
            if (fields.Has(MessageField.Last) || fields.Has(MessageField.Offset))
            {
                fault = RequestFault.BadRequest("offset and last exclude each other, and each may occur once.");
                return false;
            }

            if (!ReadStart.TryParseOffset(offset, out var start))
            {
                fault = new RequestFault(400, ErrorCode.InvalidOffset, ReadStart.OffsetRule);
                return false;
            }

            parsed = parsed with { Start = start };
        }

        subscription = new Subscription(name, parsed);
        return true;
    }

    /// <summary>Reads the arguments of <c>SubscribeMany</c>.</summary>
    public static bool TrySubscribeMany(
        JsonElement streams,
        JsonElement options,
        [NotNullWhen(true)] out HubManyRequest? request,
        [NotNullWhen(false)] out RequestFault? fault)
    {
        request = null;
        List<StreamName> names = [];
        List<ReadStart> starts = [];
        if (!TryObject(options, "options", out var fields, out fault) || !TryStreams(streams, names, starts, out var haveStarts, out fault)
            || !SubscribeFields.TryParse(fields, out var common, out fault) || !TryWindow(fields, out var window, out fault))
        {
            return false;
        }

        if ((fault = Misplaced(fields)) is not null)
        {
            return false;
        }

        if (fields.Has(MessageField.Offset) || fields.Has(MessageField.Last))
        {
            fault = RequestFault.BadRequest("offset and last belong to a stream, not to options.");
            return false;
        }

        if (fields.Has(MessageField.Cursor) && !TryCursor(fields.Text(MessageField.Cursor), names, haveStarts, starts, out fault))
        {
            return false;
        }

        request = new HubManyRequest(names, starts, common, window);
        return true;
    }

    /// <summary>Reads the argument of <c>Append</c>: the members of the WebSocket's <c>append</c>.</summary>
    public static bool TryAppend(
        string? stream,
        JsonElement append,
        [NotNullWhen(true)] out ClientMessage.Append? parsed,
        [NotNullWhen(false)] out RequestFault? fault)
    {
        parsed = null;
        if (!TryStream(stream, out var name, out fault) || !TryObject(append, "append", out var fields, out fault))
        {
            return false;
        }

        var message = AppendMessageParser.Parse(id: null, name, fields);
        parsed = message as ClientMessage.Append;
        fault = (message as ClientMessage.Refused)?.Fault;
        return parsed is not null;
    }

    /// <summary>SignalR's own flow is the bound of a call: it pulls, so credit would bound nothing.</summary>
    private static RequestFault? Misplaced(MessageFields options) => options.Has(MessageField.Credit)
        ? RequestFault.BadRequest("credit needs a WebSocket; a call of SignalR is slowed down by taking its items slowly.")
        : null;

    private static bool TryStreams(
        JsonElement streams,
        List<StreamName> names,
        List<ReadStart> starts,
        out bool haveStarts,
        [NotNullWhen(false)] out RequestFault? fault)
    {
        haveStarts = false;
        var count = streams.ValueKind == JsonValueKind.Array ? streams.GetArrayLength() : 0;
        if (count is 0 or > EdgeLimits.MaxStreamsPerSession)
        {
            fault = RequestFault.BadRequest($"{StreamsRule} It has 1 to {EdgeLimits.MaxStreamsPerSession} of them.");
            return false;
        }

        foreach (var item in streams.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object)
            {
                fault = RequestFault.BadRequest(StreamsRule);
                return false;
            }

            if (!TryObject(item, "streams", out var fields, out fault)
                || !TryStream(fields.Text(MessageField.Stream), out var name, out fault)
                || !SubscribeFields.TryStart(fields, out var start, out fault))
            {
                return false;
            }

            if (OfAllStreams(fields) is { } misplaced)
            {
                fault = RequestFault.BadRequest($"{misplaced} is of all streams and belongs to options, not to a stream.");
                return false;
            }

            if (names.Contains(name))
            {
                fault = RequestFault.BadRequest($"The stream '{name}' may occur once.");
                return false;
            }

            names.Add(name);
            starts.Add(start);
            haveStarts |= fields.Has(MessageField.Offset) || fields.Has(MessageField.Last);
        }

        fault = null;
        return true;
    }

    private static string? OfAllStreams(MessageFields stream) =>
        stream.Has(MessageField.OnGap) ? "onGap"
        : stream.Has(MessageField.Encoding) ? "encoding"
        : stream.Has(MessageField.Window) ? "window"
        : stream.Has(MessageField.Cursor) ? "cursor"
        : stream.Has(MessageField.WaitForStream) ? "waitForStream"
        : stream.Has(MessageField.MaxMessageBytes) ? "maxMessageBytes"
        : null;

    private static bool TryCursor(
        string? cursor,
        List<StreamName> names,
        bool haveStarts,
        List<ReadStart> starts,
        [NotNullWhen(false)] out RequestFault? fault)
    {
        if (haveStarts)
        {
            fault = RequestFault.BadRequest("cursor excludes offset and last.");
            return false;
        }

        if (!CompositeCursor.TryParse(cursor ?? "", names, out var positions, out var error))
        {
            fault = new RequestFault(400, ErrorCode.InvalidOffset, error);
            return false;
        }

        starts.Clear();
        starts.AddRange(positions.Select(CompositeCursor.StartOf));
        fault = null;
        return true;
    }

    private static bool TryWindow(MessageFields fields, out TimeSpan window, [NotNullWhen(false)] out RequestFault? fault)
    {
        var milliseconds = fields.Number(MessageField.Window, 0, MaxWindowMilliseconds);
        window = TimeSpan.FromMilliseconds(milliseconds ?? 0);
        fault = milliseconds is null && fields.Has(MessageField.Window)
            ? RequestFault.BadRequest($"window must be 0 (off) to {MaxWindowMilliseconds:N0} milliseconds.")
            : null;
        return fault is null;
    }

    /// <summary>The members of an object; none when it is absent or <c>null</c>.</summary>
    private static bool TryObject(
        JsonElement value, string name, out MessageFields fields, [NotNullWhen(false)] out RequestFault? fault)
    {
        fields = default;
        fault = null;
        if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
        {
            return true;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            fault = RequestFault.BadRequest($"{name} must be an object, or null.");
            return false;
        }

        var text = JsonMarshal.GetRawUtf8Value(value);
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = EdgeLimits.MaxMessageDepth });
        reader.Read();
        fields = MessageFields.Read(text, ref reader);
        fault = fields.RepeatedFault;
        return fault is null;
    }
}
