using System.Diagnostics.CodeAnalysis;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Reading;
using EventCluster.Edge.Http;
using EventCluster.Edge.Live;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace EventCluster.Edge.Streams;

/// <summary>GET: chooses how to answer and where to begin.</summary>
internal sealed class ReadHandler(
    IStreamDirectory directory,
    TimeProvider time,
    CatchUpTransport catchUp,
    LongPollTransport longPoll,
    DurableSseTransport durableSse,
    EventSourceTransport eventSource)
{
    public Task InvokeAsync(HttpContext context, StreamName name)
    {
        var headers = context.Request.Headers;
        if (!ReadQuery.TryParseButStart(RequestTarget.Of(context).Query, out var query, out var fault)
            || !TryStart(headers, query, out var live, out var start, out var isReconnect, out fault))
        {
            return ProblemResponse.WriteAsync(context, fault);
        }

        ISubscriberTransport transport = live switch
        {
            LiveMode.LongPoll => longPoll,
            LiveMode.Sse => durableSse,
            LiveMode.EventSource => eventSource,
            _ => catchUp,
        };
        return transport.RunAsync(
            new ReadOperation(context, name, query, start, isReconnect, directory.GetStream(name), time));
    }

    private static bool TryStart(
        IHeaderDictionary headers,
        in ReadQuery query,
        out LiveMode live,
        out ReadStart start,
        out bool isReconnect,
        [NotNullWhen(false)] out RequestFault? fault)
    {
        live = query.HasLive || !AcceptsEventStream(headers.Accept) ? query.Live : LiveMode.EventSource;
        start = query.Start;
        isReconnect = false;
        fault = null;
        if (query.Misplaced(live) is { } misplaced)
        {
            fault = misplaced;
            return false;
        }

        if (live is LiveMode.EventSource or LiveMode.Sse
            && headers.TryGetValue(EdgeHeaders.LastEventId, out var id) && !StringValues.IsNullOrEmpty(id))
        {
            // The header wins: an EventSource reconnects with its first URL, whose offset is old by then.
            isReconnect = true;
            if (StreamOffset.TryParse(id.ToString(), out var position))
            {
                start = new ReadStart(StartKind.Position, position);
                return true;
            }

            if (live == LiveMode.EventSource)
            {
                // A page keeps the last id of whatever answered its URL before, and any status would close it permanently.
                start = new ReadStart(StartKind.Foreign);
                return true;
            }

            fault = new RequestFault(
                400, ErrorCode.InvalidOffset, "Last-Event-ID must be the id of an event: 20 characters of 0-9a-v.");
        }
        else if (query.StartFault is { } startFault)
        {
            fault = startFault;
        }
        else if (live is LiveMode.LongPoll or LiveMode.Sse && !query.HasStart)
        {
            fault = new RequestFault(
                400, ErrorCode.InvalidOffset, $"live=long-poll and live=sse need an offset. {ReadStart.OffsetRule}");
        }

        return fault is null;
    }

    private static bool AcceptsEventStream(StringValues accept)
    {
        for (var i = 0; i < accept.Count; i++)
        {
            foreach (var range in accept[i].AsSpan().Split(','))
            {
                if (AcceptsEventStream(accept[i].AsSpan()[range]))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>One media range: the type itself, and not with a weight of 0, which says "no".</summary>
    private static bool AcceptsEventStream(ReadOnlySpan<char> range)
    {
        var semicolon = range.IndexOf(';');
        var type = (semicolon < 0 ? range : range[..semicolon]).Trim();
        if (!type.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        if (semicolon < 0)
        {
            return true;
        }

        var parameters = range[(semicolon + 1)..];
        foreach (var part in parameters.Split(';'))
        {
            var parameter = parameters[part].Trim();
            if (parameter.StartsWith("q=0", StringComparison.OrdinalIgnoreCase) && !parameter[3..].ContainsAnyInRange('1', '9'))
            {
                return false;
            }
        }

        return true;
    }
}
