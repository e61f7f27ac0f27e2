using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Admin;
using EventCluster.Edge.Composite;
using EventCluster.Edge.Connections;
using EventCluster.Edge.Http;
using EventCluster.Edge.SignalR;
using EventCluster.Edge.Streams;
using EventCluster.Edge.WebSockets;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace EventCluster.Edge;

/// <summary>The entry of the HTTP surface: checks that hold for every request, then the resource.</summary>
internal sealed class EdgeMiddleware(
    StreamEndpoint streams,
    WebSocketTransport webSockets,
    CompositeTransport composite,
    HubEndpoint hub,
    AdminEndpoint admin,
    HealthEndpoint health,
    AnswerGuard guard,
    RefusedOrigins refusedOrigins,
    IOptions<EdgeOptions> options,
    ConnectionGate? connections = null)
{
    private static readonly RequestFault Full = ErrorResponses.OfUnavailable(
        UnavailableReason.Overloaded,
        "The server has as many connections as it may; this one is of the reserve for administration. Try again in a moment.");

    private readonly HostPolicy _hosts = new(options.Value.AllowedHosts);
    private readonly OriginPolicy _origins = new(options.Value.CorsAllowedOrigins);

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        EdgeHeaders.SetSecurity(context.Response.Headers);

        // Methods have one spelling (RFC 9110 9.1). What stands before the server may know "DELETE" and let "delete" pass.
        var method = context.Request.Method;
        if (!string.Equals(HttpMethods.GetCanonicalizedValue(method), method, StringComparison.Ordinal))
        {
            context.Response.Headers.Allow = StreamEndpoint.Methods;
            return ProblemResponse.WriteAsync(
                context, 405, ErrorCode.MethodNotAllowed, $"Methods are written in capitals: {StreamEndpoint.Methods}.");
        }

        if (HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Vary = EdgeHeaders.VaryOfReads;
        }

        var target = RequestTarget.Of(context);
        var path = target.Path;
        if (connections is { Reserved: > 0 } && ReservedConnection.Serve(context))
        {
            if (path is not (StreamPaths.Health or StreamPaths.Ready) && !path.StartsWith(StreamPaths.Admin, StringComparison.Ordinal))
            {
                return ProblemResponse.WriteAsync(context, Full);
            }
        }

        if ((target.Fault() ?? HostPolicy.Fault(context.Request.Headers.Host.ToString())) is { } unreadable)
        {
            return ProblemResponse.WriteAsync(context, unreadable);
        }

        // Probes name the address they were given, not a host; what they learn helps no foreign page.
        if (path is StreamPaths.Health or StreamPaths.Ready)
        {
            return health.InvokeAsync(context, readiness: path is StreamPaths.Ready);
        }

        var isWebSocket = WebSocketHandshake.IsRequested(context);
        var isNegotiation = path is StreamPaths.HubNegotiate;
        var isHub = isNegotiation || path is StreamPaths.Hub;
        if (Refuse(context) is { } refused)
        {
            return refused;
        }

        // After the origin was looked at, so that a page can read why.
        if (target.Length > EdgeLimits.MaxTargetBytes)
        {
            return ProblemResponse.WriteAsync(
                context, StatusCodes.Status414UriTooLong, ErrorCode.TargetTooLong,
                $"The request target has {target.Length} bytes; at most {EdgeLimits.MaxTargetBytes} are allowed. Name many streams "
                + $"in the body of POST {StreamPaths.Streams}.");
        }

        if (!HeldHeads.TryHold(context))
        {
            return ProblemResponse.WriteAsync(
                context, StatusCodes.Status431RequestHeaderFieldsTooLarge, ErrorCode.HeadersTooLarge,
                $"The open requests of this HTTP/2 connection have heads of more than {EdgeLimits.Http2HeldHeadBytes} bytes together "
                + $"(those of at most {EdgeLimits.UncountedHeadBytes} are not counted). End some of them, or open another connection.");
        }

        if (path.StartsWith(StreamPaths.Prefix, StringComparison.Ordinal))
        {
            return Guard(context, StreamName.TryParseUrlPath(path[StreamPaths.Prefix.Length..], out var name, out var error)
                ? isWebSocket ? webSockets.InvokeAsync(context, name) : streams.InvokeAsync(context, name)
                : ProblemResponse.WriteAsync(context, 400, ErrorCode.InvalidName, error));
        }

        if (path is StreamPaths.Streams)
        {
            return Guard(
                context, isWebSocket ? webSockets.InvokeAsync(context, stream: null) : composite.InvokeAsync(context));
        }

        if (isHub)
        {
            return Guard(context, hub.InvokeAsync(context, isNegotiation));
        }

        return path is StreamPaths.AdminStreams ? Guard(context, admin.InvokeAsync(context)) : OtherAsync(context, next);
    }

    private Task Guard(HttpContext context, Task answer) =>
        answer.IsCompletedSuccessfully ? answer : guard.RunAsync(context, answer);

    /// <summary>Host, origin and preflight; null when the request may go on.</summary>
    private Task? Refuse(HttpContext context)
    {
        var request = context.Request;
        // Not the framework's Host, which decodes international names and throws for what is none.
        var host = request.Headers.Host.ToString();
        if (!_hosts.Allows(host))
        {
            return ProblemResponse.WriteAsync(
                context, StatusCodes.Status421MisdirectedRequest, ErrorCode.HostNotAllowed,
                "The Host header names no host of this server; EventCluster:AllowedHosts lists them.");
        }

        var origin = request.Headers.Origin;
        var isOptions = HttpMethods.IsOptions(request.Method);
        if (origin.Count > 0)
        {
            if (_origins.Allows(origin.ToString(), host))
            {
                _origins.SetAnswer(context, origin);
            }
            else
            {
                // A browser would keep the answer from its page anyway; with a status and a reason somebody finds out why.
                // A preflight stays a success: what is missing is the origin, and browsers look at nothing else.
                refusedOrigins.Note(origin.ToString());
                if (!isOptions)
                {
                    return RefusedOrigins.RefuseAsync(context, origin.ToString());
                }
            }
        }

        if (!isOptions)
        {
            return null;
        }

        context.Response.Headers.Allow = StreamEndpoint.Methods;
        OriginPolicy.AnswerPreflight(context);
        return Task.CompletedTask;
    }

    /// <summary>Pages and endpoints of the host; what nobody serves gets problem details.</summary>
    private static async Task OtherAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        var response = context.Response;
        if (response.HasStarted || response.ContentLength is not null || response.ContentType is not null)
        {
            return;
        }

        if (response.StatusCode == StatusCodes.Status404NotFound)
        {
            await ProblemResponse.WriteAsync(
                context, 404, ErrorCode.NoSuchPath, $"Nothing is here; streams are at {StreamPaths.Prefix}NAME.");
        }
        else if (response.StatusCode == StatusCodes.Status405MethodNotAllowed)
        {
            await ProblemResponse.WriteAsync(
                context, 405, ErrorCode.MethodNotAllowed, $"This path answers {response.Headers.Allow}.");
        }
    }
}
