using System.Diagnostics.CodeAnalysis;
using EventCluster.Abstractions.Streams;
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
    /// <summary>What a reconnecting EventSource sends; <c>HeaderNames</c> holds only the protocol's own.</summary>
    public const string LastEventId = "Last-Event-ID";

    public Task InvokeAsync(HttpContext context, StreamName name)
    {
        var headers = context.Request.Headers;
        if (!ReadQuery.TryParseButStart(RequestTarget.Of(context).Query, out var query, out var fault)
            || !TryStart(headers, query, out var live, out var start, out var isReconnect, out fault))
        {
            return ProblemResponse.WriteAsync(context, fault);
        }

        if (query.Delivery.WaitForStream is not null && live != LiveMode.EventSource)
        {
            return ProblemResponse.WriteAsync(context, RequestFault.BadRequest(
                "wait-for-stream is for followers: native EventSource (Accept: text/event-stream or live=eventsource), WebSocket, "
                + "SignalR and several streams on one connection. This request would be answered at once."));
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
        if (query.Envelope && live is (LiveMode.EventSource or LiveMode.Sse))
        {
            fault = RequestFault.BadRequest("envelope is for reads that answer once: without live, or with live=long-poll.");
            return false;
        }

        if (live is LiveMode.EventSource or LiveMode.Sse
            && headers.TryGetValue(LastEventId, out var id) && !StringValues.IsNullOrEmpty(id))
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
            if (accept[i] is { } value && value.Contains("text/event-stream", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
