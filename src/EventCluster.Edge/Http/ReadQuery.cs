using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using EventCluster.Delivery.Reading;
using EventCluster.Protocol;

namespace EventCluster.Edge.Http;

/// <summary>The query of a read. Unknown parameters are ignored; known ones are checked strictly and at most once.</summary>
internal struct ReadQuery
{
    private static readonly RequestFault RepeatedStart =
        RequestFault.BadRequest("offset and last exclude each other, and each may occur once.");

    private DeliveryQuery _delivery;

    public ReadQuery()
    {
        Limit = ProtocolLimits.MaxReadAnswerEvents;
    }

    /// <summary>Where to begin; the earliest position when neither <c>offset</c> nor <c>last</c> is there.</summary>
    public ReadStart Start { get; private set; }

    /// <summary>Whether <c>offset</c> or <c>last</c> is there.</summary>
    public bool HasStart { get; private set; }

    public LiveMode Live { get; private set; }

    public bool HasLive { get; private set; }

    /// <summary>The client's cursor; null when absent or not a number.</summary>
    public long? Cursor { get; private set; }

    /// <summary>What is wrong with <c>offset</c> or <c>last</c>; it counts unless a <c>Last-Event-ID</c> replaces them.</summary>
    public RequestFault? StartFault { get; private set; }

    /// <summary>Most events of one answer.</summary>
    public int Limit { get; private set; }

    public TimeSpan? Wait { get; private set; }

    /// <summary><c>envelope=1</c>: each JSON event as an object with its offset.</summary>
    public bool Envelope { get; private set; }

    /// <summary>How events are delivered.</summary>
    public readonly DeliveryQuery Delivery => _delivery;

    private bool HasLimit { get; set; }

    private bool HasCursor { get; set; }

    /// <summary>Parses a query.</summary>
    public static bool TryParse(ReadOnlySpan<char> query, out ReadQuery parsed, [NotNullWhen(false)] out RequestFault? fault) =>
        TryParseButStart(query, out parsed, out fault) && (fault = parsed.StartFault) is null;

    /// <summary>Parses a query. What is wrong with its start alone is left in <see cref="StartFault"/>.</summary>
    public static bool TryParseButStart(
        ReadOnlySpan<char> query, out ReadQuery parsed, [NotNullWhen(false)] out RequestFault? fault)
    {
        parsed = new ReadQuery();
        fault = null;
        foreach (var range in query.Split('&'))
        {
            var pair = query[range];
            var equals = pair.IndexOf('=');
            var name = QueryValue.Name(equals < 0 ? pair : pair[..equals]);
            var value = equals < 0 ? default : pair[(equals + 1)..];
            fault = value.Contains('%')
                ? parsed.Set(name, Uri.UnescapeDataString(value))
                : parsed.Set(name, value);
            if (fault is not null)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Refuses a parameter that this way of reading would ignore: whoever sends it expects an effect. Null when there is none.
    /// </summary>
    /// <param name="live">How the answer is given, which <c>Accept</c> may have decided.</param>
    public readonly RequestFault? Misplaced(LiveMode live)
    {
        var follows = live is LiveMode.Sse or LiveMode.EventSource;
        if (follows && (Envelope || HasLimit))
        {
            return RequestFault.BadRequest(
                $"{(Envelope ? "envelope" : "limit")} is for reads that answer once: without live, or with live=long-poll.");
        }

        if (Wait is not null && live != LiveMode.LongPoll)
        {
            return RequestFault.BadRequest("wait is for live=long-poll, whose answer waits for events; this request does not wait.");
        }

        return _delivery.Misplaced(live);
    }

    private RequestFault? Set(ReadOnlySpan<char> name, ReadOnlySpan<char> value) => name switch
    {
        "offset" => SetOffset(value),
        "last" => SetLast(value),
        "live" => SetLive(value),
        "cursor" => SetCursor(value),
        "limit" => SetLimit(value),
        "wait" => SetWait(value),
        "envelope" => SetEnvelope(value),
        _ => _delivery.Set(name, value),
    };

    private RequestFault? SetOffset(ReadOnlySpan<char> value)
    {
        if (HasStart)
        {
            StartFault ??= RepeatedStart;
        }
        else if (ReadStart.TryParseOffset(value, out var start))
        {
            Start = start;
        }
        else
        {
            StartFault = new RequestFault(400, ErrorCode.InvalidOffset, ReadStart.OffsetRule);
        }

        HasStart = true;
        return null;
    }

    private RequestFault? SetLast(ReadOnlySpan<char> value)
    {
        if (HasStart)
        {
            StartFault ??= RepeatedStart;
        }
        else if (QueryValue.TryNumber(value, 1, ProtocolLimits.MaxReadAnswerEvents, out var last))
        {
            Start = new ReadStart(StartKind.Last, Last: (int)last);
        }
        else
        {
            StartFault = RequestFault.BadRequest($"last must be 1 to {ProtocolLimits.MaxReadAnswerEvents} events.");
        }

        HasStart = true;
        return null;
    }

    private RequestFault? SetLive(ReadOnlySpan<char> value)
    {
        if (HasLive)
        {
            return QueryValue.Repeated("live");
        }

        HasLive = true;
        Live = value switch
        {
            "long-poll" => LiveMode.LongPoll,
            "sse" => LiveMode.Sse,
            "eventsource" => LiveMode.EventSource,
            _ => LiveMode.None,
        };
        return Live == LiveMode.None
            ? RequestFault.BadRequest("live must be long-poll, sse or eventsource.")
            : null;
    }

    private RequestFault? SetCursor(ReadOnlySpan<char> value)
    {
        if (HasCursor)
        {
            return QueryValue.Repeated("cursor");
        }

        HasCursor = true;
        if (long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var cursor))
        {
            Cursor = cursor;
        }

        return null;
    }

    private RequestFault? SetLimit(ReadOnlySpan<char> value)
    {
        if (HasLimit)
        {
            return QueryValue.Repeated("limit");
        }

        HasLimit = true;
        if (!QueryValue.TryNumber(value, 1, ProtocolLimits.MaxReadAnswerEvents, out var limit))
        {
            return RequestFault.BadRequest($"limit must be 1 to {ProtocolLimits.MaxReadAnswerEvents} events.");
        }

        Limit = (int)limit;
        return null;
    }

    private RequestFault? SetEnvelope(ReadOnlySpan<char> value)
    {
        if (Envelope)
        {
            return QueryValue.Repeated("envelope");
        }

        Envelope = value is "1";
        return Envelope ? null : RequestFault.BadRequest("envelope must be 1.");
    }

    private RequestFault? SetWait(ReadOnlySpan<char> value)
    {
        if (Wait is not null)
        {
            return QueryValue.Repeated("wait");
        }

        if (!QueryValue.TryNumber(value, 1, 60, out var seconds))
        {
            return RequestFault.BadRequest("wait must be 1 to 60 whole seconds.");
        }

        Wait = TimeSpan.FromSeconds(seconds);
        return null;
    }
}
