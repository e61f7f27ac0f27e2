using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using EventCluster.Delivery.Reading;
using EventCluster.Edge.Http;
using EventCluster.Protocol;

namespace EventCluster.Edge.Sessions;

/// <summary>
/// The query of a connection with several streams: <c>stream=</c> names one, <c>offset=</c> or <c>last=</c> belongs to the
/// stream before it, the rest to all of them. Unknown parameters are ignored; known ones are checked strictly.
/// </summary>
internal sealed class SessionQuery
{
    /// <summary>A member that is there twice has two readings, and others may take the other one.</summary>
    private static readonly JsonDocumentOptions BodyOptions = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    private readonly List<StreamName> _streams = [];
    private readonly List<ReadStart?> _starts = [];
    private readonly bool _isOfOneStream;
    private DeliveryQuery _delivery;
    private RequestFault? _startFault;

    /// <summary>Whether some stream has a start of its own.</summary>
    public bool HasStarts => _starts.Exists(static start => start is not null);

    private SessionQuery(StreamName? stream)
    {
        if (stream is { } name)
        {
            _isOfOneStream = true;
            _streams.Add(name);
            _starts.Add(null);
        }
    }

    /// <summary>The streams, in the order of the query.</summary>
    public IReadOnlyList<StreamName> Streams => _streams;

    /// <summary>Their starts; null where the query names none.</summary>
    public IReadOnlyList<ReadStart?> Starts => _starts;

    /// <summary>How events are delivered, of all streams.</summary>
    public DeliveryQuery Delivery => _delivery;

    /// <summary>Payload bytes that are welcome at first, for each stream; null for no bound.</summary>
    public long? Credit { get; private set; }

    /// <summary>Most bytes of a message of each stream; null for no bound but the slice.</summary>
    public int? MaxMessageBytes { get; private set; }

    /// <summary>The composite cursor of an earlier connection with the same streams.</summary>
    public string? Cursor { get; private set; }

    /// <summary>Parses a query.</summary>
    /// <param name="query">Still percent-encoded, without <c>?</c>.</param>
    /// <param name="stream">The stream that the path names; null when the query names the streams.</param>
    /// <param name="parsed">The query.</param>
    /// <param name="fault">Why not.</param>
    public static bool TryParse(
        ReadOnlySpan<char> query,
        StreamName? stream,
        [NotNullWhen(true)] out SessionQuery? parsed,
        [NotNullWhen(false)] out RequestFault? fault)
    {
        var result = new SessionQuery(stream);
        parsed = null;
        fault = null;
        foreach (var range in query.Split('&'))
        {
            var pair = query[range];
            var equals = pair.IndexOf('=');
            var name = QueryValue.Name(equals < 0 ? pair : pair[..equals]);
            var raw = equals < 0 ? default : pair[(equals + 1)..];
            fault = name is "stream" && stream is null ? result.AddRawStream(raw) : result.Set(name, Decode(raw));
            if (fault is not null)
            {
                return false;
            }
        }

        parsed = result;
        return true;
    }

    /// <summary>
    /// Adds what a body says: <c>{"streams": [{"name": …, "offset": …, "last": …}]}</c> and the parameters of the query as
    /// members, for clients whose URLs may not be long. Unknown members are ignored, <c>null</c> is the same as absent.
    /// </summary>
    /// <param name="body">JSON.</param>
    /// <param name="fault">Why not.</param>
    public bool TryAddBody(ReadOnlyMemory<byte> body, [NotNullWhen(false)] out RequestFault? fault)
    {
        try
        {
            using var document = JsonDocument.Parse(body, BodyOptions);
            fault = document.RootElement.ValueKind == JsonValueKind.Object
                ? AddMembers(document.RootElement)
                : InvalidBody("it is not an object");
        }
        catch (JsonException e)
        {
            fault = InvalidBody(e.Message);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, written as an escape.
            fault = InvalidBody("a string is not valid Unicode");
        }

        return fault is null;
    }

    /// <summary>What to subscribe to.</summary>
    public IReadOnlyList<Subscription> Subscriptions(IReadOnlyList<ReadStart> starts)
    {
        var subscriptions = new List<Subscription>(_streams.Count);
        for (var i = 0; i < _streams.Count; i++)
        {
            subscriptions.Add(new Subscription(_streams[i], new SubscribeOptions(
                starts[i], _delivery.OnGap, _delivery.Base64, Credit, MaxMessageBytes ?? 0, _delivery.WaitForStream)));
        }

        return subscriptions;
    }

    /// <summary>Where the streams begin: as the cursor says, else as the query says.</summary>
    /// <param name="lastEventId">
    /// The header of a reconnect, which wins over the query; empty when absent. One that is no cursor of this list is a gap of
    /// each stream, because a status would end an EventSource permanently.
    /// </param>
    /// <param name="starts">One start per stream.</param>
    /// <param name="fault">Why not: a start of the query is wrong, or its cursor is none, or one of another list.</param>
    public bool TryStarts(
        string lastEventId,
        [NotNullWhen(true)] out IReadOnlyList<ReadStart>? starts,
        [NotNullWhen(false)] out RequestFault? fault)
    {
        starts = null;
        var isReconnect = lastEventId.Length > 0;
        var cursor = isReconnect ? lastEventId : Cursor;
        if (!isReconnect && _startFault is not null)
        {
            fault = _startFault;
            return false;
        }

        if (cursor is null)
        {
            starts = [.. _starts.Select(static start => start ?? default)];
            fault = null;
            return true;
        }

        if (!isReconnect && HasStarts)
        {
            fault = RequestFault.BadRequest("cursor excludes offset and last.");
            return false;
        }

        if (!CompositeCursor.TryParse(cursor, _streams, out var positions, out var error))
        {
            if (isReconnect)
            {
                starts = [.. _streams.Select(static _ => new ReadStart(StartKind.Foreign))];
                fault = null;
                return true;
            }

            fault = new RequestFault(400, ErrorCode.InvalidOffset, error);
            return false;
        }

        starts = [.. positions.Select(CompositeCursor.StartOf)];
        fault = null;
        return true;
    }

    private static RequestFault InvalidBody(string what) => new(
        400, ErrorCode.InvalidBody, $"The body must be {{\"streams\":[{{\"name\":\"NAME\",\"offset\":\"OFFSET\"}}]}}: {what}.");

    private RequestFault? AddMembers(JsonElement body)
    {
        foreach (var member in body.EnumerateObject())
        {
            var fault = member.Name switch
            {
                "streams" => AddStreams(member.Value),
                "offset" or "last" => InvalidBody($"{member.Name} belongs to a stream, not beside streams"),
                "waitForStream" => SetMember(member, "wait-for-stream"),
                "cursor" or "onGap" or "encoding" or "heartbeat" or "window" or "wait-for-stream" or "credit" or "maxMessageBytes"
                    or "limit" or "wait" or "envelope" => SetMember(member, member.Name),
                _ => null,
            };
            if (fault is not null)
            {
                return fault;
            }
        }

        return null;
    }

    private RequestFault? AddStreams(JsonElement streams)
    {
        if (streams.ValueKind != JsonValueKind.Array)
        {
            return InvalidBody("streams is not an array");
        }

        foreach (var stream in streams.EnumerateArray())
        {
            if (stream.ValueKind != JsonValueKind.Object
                || !stream.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String)
            {
                return InvalidBody("an element of streams has no name");
            }

            if (AddStream(name.GetString()!) is { } refused)
            {
                return refused;
            }

            foreach (var member in stream.EnumerateObject())
            {
                var fault = member.Name switch
                {
                    "offset" or "last" => SetMember(member, member.Name),
                    "onGap" or "encoding" or "heartbeat" or "window" or "waitForStream" or "wait-for-stream" or "cursor" =>
                        InvalidBody($"{member.Name} is of all streams and stands beside streams"),
                    _ => null,
                };
                if (fault is not null)
                {
                    return fault;
                }
            }
        }

        return null;
    }

    /// <param name="member">The member.</param>
    /// <param name="name">The parameter that it stands for.</param>
    private RequestFault? SetMember(JsonProperty member, string name) => member.Value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => Set(name, member.Value.GetString()!),
        JsonValueKind.Number => Set(name, member.Value.GetRawText()),
        _ => InvalidBody($"{member.Name} is neither a string nor a number"),
    };

    private RequestFault? Set(ReadOnlySpan<char> name, string value) => name switch
    {
        "offset" => SetStart(ReadStart.TryParseOffset(value, out var start)
            ? start
            : Fail(new RequestFault(400, ErrorCode.InvalidOffset, ReadStart.OffsetRule))),
        "last" => SetStart(QueryValue.TryNumber(value, 1, ProtocolLimits.MaxReadAnswerEvents, out var last)
            ? new ReadStart(StartKind.Last, Last: (int)last)
            : Fail(RequestFault.BadRequest($"last must be 1 to {ProtocolLimits.MaxReadAnswerEvents} events."))),
        "credit" => SetCredit(value),
        "maxMessageBytes" => SetMaxMessageBytes(value),
        "cursor" => SetCursor(value),
        "limit" or "wait" or "envelope" => RequestFault.BadRequest(
            $"{name} is for reads of one stream that answer once; a connection that follows would ignore it."),
        _ => _delivery.Set(name, value),
    };

    /// <summary>Adds a name as it stands in the query: read by the rules of the path, but that <c>+</c> is a space.</summary>
    private RequestFault? AddRawStream(ReadOnlySpan<char> raw) =>
        StreamName.TryParseUrlPath(raw.Contains('+') ? raw.ToString().Replace("+", "%20", StringComparison.Ordinal) : raw, out var name, out var error)
            ? AddStream(name)
            : new RequestFault(400, ErrorCode.InvalidName, $"stream: {error}");

    private RequestFault? AddStream(string value) => StreamName.TryParse(value, out var name, out var error)
        ? AddStream(name)
        : new RequestFault(400, ErrorCode.InvalidName, $"stream: {error}");

    private RequestFault? AddStream(StreamName name)
    {
        if (_streams.Contains(name))
        {
            return RequestFault.BadRequest($"The stream '{name}' may occur once.");
        }

        if (_streams.Count == EdgeLimits.MaxStreamsPerSession)
        {
            return RequestFault.BadRequest($"A connection has at most {EdgeLimits.MaxStreamsPerSession} streams.");
        }

        _streams.Add(name);
        _starts.Add(null);
        return null;
    }

    /// <summary>A start that counts only when a <c>Last-Event-ID</c> replaces it.</summary>
    private ReadStart Fail(RequestFault fault)
    {
        _startFault ??= fault;
        return default;
    }

    private RequestFault? SetStart(ReadStart start)
    {
        if (_starts.Count == 0)
        {
            return RequestFault.BadRequest("offset and last belong to the stream before them, so stream comes first.");
        }

        if (_starts[^1] is not null)
        {
            return RequestFault.BadRequest("offset and last exclude each other, and each may occur once per stream.");
        }

        _starts[^1] = start;
        return null;
    }

    private RequestFault? SetCredit(string value)
    {
        if (Credit is not null)
        {
            return QueryValue.Repeated("credit");
        }

        if (!QueryValue.TryNumber(value, 0, ProtocolLimits.MaxProducerNumber, out var credit))
        {
            return RequestFault.BadRequest("credit must be a whole number from 0 to 9007199254740991.");
        }

        Credit = credit;
        return null;
    }

    private RequestFault? SetMaxMessageBytes(string value)
    {
        if (MaxMessageBytes is not null)
        {
            return QueryValue.Repeated("maxMessageBytes");
        }

        if (!QueryValue.TryNumber(
            value, EdgeLimits.SmallestMaxMessageBytes, EdgeLimits.MaxWebSocketMessageBytes, out var bytes))
        {
            return RequestFault.BadRequest(SubscribeOptions.MaxMessageBytesRule);
        }

        MaxMessageBytes = (int)bytes;
        return null;
    }

    private RequestFault? SetCursor(string value)
    {
        if (_isOfOneStream)
        {
            return null;
        }

        if (Cursor is not null)
        {
            return QueryValue.Repeated("cursor");
        }

        Cursor = value;
        return null;
    }

    /// <summary>Form decoding, as <c>URLSearchParams</c> writes: <c>+</c> is a space, the rest is percent-encoded UTF-8.</summary>
    private static string Decode(ReadOnlySpan<char> value) =>
        Uri.UnescapeDataString(value.Contains('+') ? value.ToString().Replace('+', ' ') : value.ToString());
}
