using System.Diagnostics.CodeAnalysis;
using EventCluster.Edge.Composite;
using EventCluster.Edge.Http;
using EventCluster.Protocol;

namespace EventCluster.Edge.Sessions;

/// <summary>
/// The query of a connection with several streams: <c>stream=</c> names one, <c>offset=</c> or <c>last=</c> belongs to the
/// stream before it, the rest to all of them. Unknown parameters are ignored; known ones are checked strictly.
/// </summary>
internal sealed class SessionQuery
{
    private readonly List<StreamName> _streams = [];
    private readonly List<ReadStart?> _starts = [];
    private readonly bool _isOfOneStream;
    private DeliveryQuery _delivery;

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
            var name = equals < 0 ? pair : pair[..equals];
            var value = equals < 0 ? "" : Decode(pair[(equals + 1)..]);
            fault = result.Set(name, value);
            if (fault is not null)
            {
                return false;
            }
        }

        parsed = result;
        return true;
    }

    /// <summary>What to subscribe to.</summary>
    public IReadOnlyList<Subscription> Subscriptions(IReadOnlyList<ReadStart> starts)
    {
        var subscriptions = new List<Subscription>(_streams.Count);
        for (var i = 0; i < _streams.Count; i++)
        {
            subscriptions.Add(new Subscription(_streams[i], new SubscribeOptions(
                starts[i], _delivery.OnGap, _delivery.Base64, Credit, _delivery.WaitForStream)));
        }

        return subscriptions;
    }

    /// <summary>Where the streams begin: as the cursor says, else as the query says.</summary>
    /// <param name="lastEventId">The header of a reconnect, which wins over the query; empty when absent.</param>
    /// <param name="starts">One start per stream.</param>
    /// <param name="fault">Why not: the cursor is no cursor, or one of another list of streams.</param>
    public bool TryStarts(
        string lastEventId,
        [NotNullWhen(true)] out IReadOnlyList<ReadStart>? starts,
        [NotNullWhen(false)] out RequestFault? fault)
    {
        starts = null;
        var cursor = lastEventId.Length > 0 ? lastEventId : Cursor;
        if (cursor is null)
        {
            starts = [.. _starts.Select(static start => start ?? default)];
            fault = null;
            return true;
        }

        if (lastEventId.Length == 0 && HasStarts)
        {
            fault = RequestFault.BadRequest("cursor excludes offset and last.");
            return false;
        }

        if (!CompositeCursor.TryParse(cursor, _streams, out var positions, out var error))
        {
            fault = new RequestFault(400, ErrorCode.InvalidOffset, error);
            return false;
        }

        starts = [.. positions.Select(CompositeCursor.StartOf)];
        fault = null;
        return true;
    }

    private RequestFault? Set(ReadOnlySpan<char> name, string value) => name switch
    {
        "stream" when !_isOfOneStream => AddStream(value),
        "offset" => ReadStart.TryParseOffset(value, out var start)
            ? SetStart(start)
            : new RequestFault(400, ErrorCode.InvalidOffset, ReadStart.OffsetRule),
        "last" => QueryValue.TryNumber(value, 1, ProtocolLimits.MaxReadAnswerEvents, out var last)
            ? SetStart(new ReadStart(StartKind.Last, Last: (int)last))
            : RequestFault.BadRequest($"last must be 1 to {ProtocolLimits.MaxReadAnswerEvents} events."),
        "credit" => SetCredit(value),
        "cursor" => SetCursor(value),
        _ => _delivery.Set(name, value),
    };

    private RequestFault? AddStream(string value)
    {
        if (!StreamName.TryParse(value, out var name, out var error))
        {
            return new RequestFault(400, ErrorCode.InvalidName, $"stream: {error}");
        }

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
