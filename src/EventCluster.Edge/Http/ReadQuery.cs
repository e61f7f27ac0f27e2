using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using EventCluster.Protocol;

namespace EventCluster.Edge.Http;

/// <summary>How a read stays connected (<c>live=</c>).</summary>
internal enum LiveMode
{
    /// <summary>It does not: catch-up.</summary>
    None = 0,

    /// <summary><c>long-poll</c>.</summary>
    LongPoll = 1,

    /// <summary><c>sse</c>: Durable Streams framing.</summary>
    Sse = 2,

    /// <summary><c>eventsource</c>: native framing.</summary>
    EventSource = 3,
}

/// <summary>What happens when the position cannot be served (<c>onGap=</c>).</summary>
internal enum GapPolicy
{
    /// <summary>The transport decides.</summary>
    Default = 0,

    /// <summary>One message, then from the earliest retained position.</summary>
    Signal = 1,

    /// <summary>One message, then from the tail.</summary>
    Latest = 2,

    /// <summary>410.</summary>
    Fail = 3,
}

/// <summary>The query of a read. Unknown parameters are ignored; known ones are checked strictly and at most once.</summary>
internal struct ReadQuery
{
    private bool _hasEncoding;
    private bool _hasWindow;

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

    /// <summary>Most events of one answer.</summary>
    public int Limit { get; private set; }

    public TimeSpan? Wait { get; private set; }

    public TimeSpan? Heartbeat { get; private set; }

    /// <summary>Delivery at most once per this time; zero when it is off.</summary>
    public TimeSpan Window { get; private set; }

    public GapPolicy OnGap { get; private set; }

    /// <summary><c>encoding=base64</c>.</summary>
    public bool Base64 { get; private set; }

    private bool HasLimit { get; set; }

    private bool HasCursor { get; set; }

    public static bool TryParse(ReadOnlySpan<char> query, out ReadQuery parsed, [NotNullWhen(false)] out RequestFault? fault)
    {
        parsed = new ReadQuery();
        fault = null;
        foreach (var range in query.Split('&'))
        {
            var pair = query[range];
            var equals = pair.IndexOf('=');
            var name = equals < 0 ? pair : pair[..equals];
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

    private RequestFault? Set(ReadOnlySpan<char> name, ReadOnlySpan<char> value) => name switch
    {
        "offset" => SetOffset(value),
        "last" => SetLast(value),
        "live" => SetLive(value),
        "cursor" => SetCursor(value),
        "limit" => SetLimit(value),
        "wait" => SetWait(value),
        "heartbeat" => SetHeartbeat(value),
        "window" => SetWindow(value),
        "onGap" => SetGapPolicy(value),
        "encoding" => SetEncoding(value),
        _ => null,
    };

    private RequestFault? SetOffset(ReadOnlySpan<char> value)
    {
        if (HasStart)
        {
            return RequestFault.BadRequest("offset and last exclude each other, and each may occur once.");
        }

        HasStart = true;
        if (!ReadStart.TryParseOffset(value, out var start))
        {
            return new RequestFault(400, ErrorCode.InvalidOffset, ReadStart.OffsetRule);
        }

        Start = start;
        return null;
    }

    private RequestFault? SetLast(ReadOnlySpan<char> value)
    {
        if (HasStart)
        {
            return RequestFault.BadRequest("offset and last exclude each other, and each may occur once.");
        }

        HasStart = true;
        if (!TryNumber(value, 1, ProtocolLimits.MaxReadAnswerEvents, out var last))
        {
            return RequestFault.BadRequest($"last must be 1 to {ProtocolLimits.MaxReadAnswerEvents} events.");
        }

        Start = new ReadStart(StartKind.Last, Last: last);
        return null;
    }

    private RequestFault? SetLive(ReadOnlySpan<char> value)
    {
        if (HasLive)
        {
            return Repeated("live");
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
            return Repeated("cursor");
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
            return Repeated("limit");
        }

        HasLimit = true;
        if (!TryNumber(value, 1, ProtocolLimits.MaxReadAnswerEvents, out var limit))
        {
            return RequestFault.BadRequest($"limit must be 1 to {ProtocolLimits.MaxReadAnswerEvents} events.");
        }

        Limit = limit;
        return null;
    }

    private RequestFault? SetWait(ReadOnlySpan<char> value)
    {
        if (Wait is not null)
        {
            return Repeated("wait");
        }

        if (!TryNumber(value, 1, 60, out var seconds))
        {
            return RequestFault.BadRequest("wait must be 1 to 60 whole seconds.");
        }

        Wait = TimeSpan.FromSeconds(seconds);
        return null;
    }

    private RequestFault? SetHeartbeat(ReadOnlySpan<char> value)
    {
        if (Heartbeat is not null)
        {
            return Repeated("heartbeat");
        }

        if (!TryNumber(value, 5, 120, out var seconds))
        {
            return RequestFault.BadRequest("heartbeat must be 5 to 120 whole seconds.");
        }

        Heartbeat = TimeSpan.FromSeconds(seconds);
        return null;
    }

    private RequestFault? SetWindow(ReadOnlySpan<char> value)
    {
        if (_hasWindow)
        {
            return Repeated("window");
        }

        _hasWindow = true;
        if (!TryNumber(value, 0, 60_000, out var milliseconds))
        {
            return RequestFault.BadRequest("window must be 0 (off) to 60,000 milliseconds.");
        }

        Window = TimeSpan.FromMilliseconds(milliseconds);
        return null;
    }

    private RequestFault? SetGapPolicy(ReadOnlySpan<char> value)
    {
        if (OnGap != GapPolicy.Default)
        {
            return Repeated("onGap");
        }

        OnGap = value switch
        {
            "signal" => GapPolicy.Signal,
            "latest" => GapPolicy.Latest,
            "fail" => GapPolicy.Fail,
            _ => GapPolicy.Default,
        };
        return OnGap == GapPolicy.Default ? RequestFault.BadRequest("onGap must be signal, latest or fail.") : null;
    }

    private RequestFault? SetEncoding(ReadOnlySpan<char> value)
    {
        if (_hasEncoding)
        {
            return Repeated("encoding");
        }

        _hasEncoding = true;
        Base64 = value is "base64";
        return Base64 ? null : RequestFault.BadRequest("encoding must be base64.");
    }

    private static RequestFault Repeated(string name) => RequestFault.BadRequest($"{name} may occur once.");

    private static bool TryNumber(ReadOnlySpan<char> text, int min, int max, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= min && value <= max;
}
