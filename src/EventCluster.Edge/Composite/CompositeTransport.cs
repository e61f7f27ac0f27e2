using System.Diagnostics.CodeAnalysis;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Reading;
using EventCluster.Edge.Http;
using EventCluster.Edge.Live;
using EventCluster.Edge.Messages;
using EventCluster.Edge.Sessions;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Composite;

/// <summary>
/// <c>GET /v1/streams?stream=…&amp;stream=…</c>: several streams as one event stream, with one cursor over all of them as
/// <c>id</c>. The messages are those of the WebSocket, so one client understands both. <c>POST</c> with the streams in its body
/// answers the same, for clients of <c>fetch</c> behind something that takes short URLs only.
/// </summary>
internal sealed class CompositeTransport(SessionServices services)
{
    private const string Methods = "GET, POST, OPTIONS";

    public async Task InvokeAsync(HttpContext context)
    {
        var isPost = HttpMethods.IsPost(context.Request.Method);
        if (!isPost && !HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Allow = Methods;
            await ProblemResponse.WriteAsync(
                context, 405, ErrorCode.MethodNotAllowed, $"{StreamPaths.Streams} answers {Methods}.");
            return;
        }

        var lastEventId = context.Request.Headers[EdgeHeaders.LastEventId].ToString();
        var body = default(RequestBody.Outcome);
        if (isPost)
        {
            body = await RequestBody.ReadAsync(context, EdgeLimits.MaxStreamsBodyBytes, services.Inbound.Bodies);
        }

        IReadOnlyList<ReadStart>? starts = null;
        var isParsed = TryParse(context, isPost, body, out var query, out var fault)
            && query.TryStarts(lastEventId, out starts, out fault);
        body.Memory.Release();
        if (!isParsed)
        {
            await ProblemResponse.WriteAsync(context, fault!);
            return;
        }

        var opened = await CompositeStart.OpenAsync(services, query!.Streams, starts!, context.RequestAborted);
        if (!await RefuseAsync(context, query, opened, lastEventId))
        {
            await RunAsync(context, query, opened, lastEventId);
        }
    }

    private static bool TryParse(
        HttpContext context,
        bool isPost,
        RequestBody.Outcome body,
        [NotNullWhen(true)] out SessionQuery? query,
        [NotNullWhen(false)] out RequestFault? fault)
    {
        query = null;
        fault = body.Fault;
        if (fault is not null || !SessionQuery.TryParse(RequestTarget.Of(context).Query, stream: null, out query, out fault))
        {
            return false;
        }

        if (isPost && query.Streams.Count > 0)
        {
            fault = RequestFault.BadRequest($"The streams of POST {StreamPaths.Streams} stand in its body, not in the query.");
        }
        else if (isPost && !query.TryAddBody(body.Bytes, out fault))
        {
            return false;
        }
        else if (query.Streams.Count == 0)
        {
            fault = RequestFault.BadRequest(isPost
                ? "Name at least one stream: {\"streams\":[{\"name\":\"NAME\"}]}."
                : $"Name at least one stream: {StreamPaths.Streams}?stream=NAME.");
        }
        else if (query.MaxMessageBytes is not null)
        {
            fault = RequestFault.BadRequest("maxMessageBytes needs a WebSocket; an event stream has lines, not messages.");
        }
        else if (query.Credit is not null)
        {
            fault = RequestFault.BadRequest("credit needs a WebSocket; an event stream is slowed down by reading slowly.");
        }

        return fault is null;
    }

    /// <summary>Answers that are no event stream: errors, and the 204 that stops an EventSource at the end of all streams.</summary>
    private async ValueTask<bool> RefuseAsync(
        HttpContext context, SessionQuery query, CompositeStart[] opened, string lastEventId)
    {
        if (query.Delivery.WaitForStream is not null && !HasRoomFor(opened, WaitingClient.Of(context.Connection.RemoteIpAddress, context.Connection.Id)))
        {
            await ProblemResponse.WriteAsync(
                context, ErrorResponses.OfUnavailable(MissingStreams.Full.Reason, MissingStreams.Full.Detail));
            return true;
        }

        if (opened.Select(start => start.Refusal(query.Delivery.OnGap, lastEventId, query.Delivery.WaitForStream is not null)).FirstOrDefault(static fault => fault is not null) is { } fault)
        {
            await ProblemResponse.WriteAsync(context, fault);
            return true;
        }

        if (lastEventId.Length == 0 || !Array.TrueForAll(opened, static o => o.IsOver))
        {
            return false;
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.Headers.CacheControl = ResponseHeaders.NoStore;
        return true;
    }

    /// <summary>Whether the streams that do not exist can be waited for; a place that is lost meanwhile is an error of its stream.</summary>
    private bool HasRoomFor(CompositeStart[] opened, WaitingClient client)
    {
        foreach (var start in opened)
        {
            if (start.Outcome is ReadOutcome.NotFound)
            {
                using var place = services.Missing.TryEnter(start.Name, client);
                if (place is null)
                {
                    return false;
                }
            }
        }

        return true;
    }

    private async Task RunAsync(HttpContext context, SessionQuery query, CompositeStart[] opened, string lastEventId)
    {
        using var response = new LiveResponse(context, services.Options, services.Stopping);
        response.Begin(ResponseHeaders.NativeEventStream);
        var subscriptions = query.Subscriptions([.. opened.Select(static o => o.Start)]);
        for (var i = 0; i < opened.Length; i++)
        {
            // Without a position the first ids are no cursor, so a client that is cut before it heard of the gap hears of it again.
            subscriptions[i].Position = opened[i].Start.Kind == StartKind.Foreign ? CompositeCursor.Nowhere : opened[i].Position;
        }

        var output = new SessionWriter(response);
        var sink = new CompositeSink(output, subscriptions);
        var messages = new ServerMessages(sink, services.Frames)
        {
            SentPosition = opened[0].Start.Kind == StartKind.Foreign ? lastEventId : null,
        };
        sink.PutPriming(services.NextRetryMilliseconds());
        if (Array.Exists(opened, static o => o.Outcome is ReadOutcome.Unavailable))
        {
            return;
        }

        SessionLoop? loop = null;
        loop = new SessionLoop(services, output, messages, query.Delivery.Window, context.RequestAborted)
        {
            Client = WaitingClient.Of(context.Connection.RemoteIpAddress, context.Connection.Id),
            EndsWithLastSubscription = true,
            WhenStillMissing = () =>
            {
                // The cursor says that the stream did not begin: the next connection waits for it again.
                sink.PutRetry(services.NextRetryMilliseconds());
                loop!.End();
            },
            Cut = context.Abort,
        };
        await RunAsync(context, query, subscriptions, loop, sink, messages);
    }

    private async Task RunAsync(
        HttpContext context,
        SessionQuery query,
        IReadOnlyList<Subscription> subscriptions,
        SessionLoop loop,
        CompositeSink sink,
        ServerMessages messages)
    {
        var heartbeat = query.Delivery.HeartbeatOr(services.Options.SseHeartbeat);
        using var watch = services.Peers.Watch(context, heartbeat);
        using var clock = new SessionClock(
            services.Deadlines, heartbeat, query.Delivery.Window, loop, hears: false, sink.PutHeartbeat, context.Abort);
        loop.Post(() =>
        {
            foreach (var subscription in subscriptions)
            {
                loop.Subscriptions.Add(subscription);
            }
        });
        using var stopping = services.Stopping.UnsafeRegister(
            _ =>
            {
                clock.BeginFarewell();
                loop.Post(() =>
                {
                    var delay = services.NextRetryMilliseconds();
                    messages.Move(loop.Subscriptions.All, delay, "stopping");
                    sink.PutRetry(delay);
                    loop.End();
                });
            },
            null);
        try
        {
            await loop.RunAsync();
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client left, or was cut.
        }
    }
}
