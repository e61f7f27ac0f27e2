using EventCluster.Edge.Http;
using EventCluster.Edge.Live;
using EventCluster.Edge.Sessions;
using EventCluster.Edge.WebSockets;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace EventCluster.Edge.SignalR;

/// <summary>
/// <c>/v1/signalr</c>: admits connections to the hub, and when the server stops has their clients told before SignalR ends
/// them.
/// </summary>
internal sealed class HubEndpoint : IAsyncDisposable
{
    private static readonly MediaTypeHeaderValue _eventStream = new("text/event-stream");

    private readonly SessionServices _services;
    private readonly HubLifetime _lifetime = new();
    private readonly ServiceProvider _hubServices;
    private readonly RequestDelegate _hub;
    private readonly NegotiationGate _negotiations;
    private readonly CancellationTokenRegistration _stopping;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public HubEndpoint(SessionServices services, ILoggerFactory loggers)
    {
        _services = services;
        _negotiations = new NegotiationGate(services.Time, services.Options.MaxHubConnections);
        Connections = new HubConnections(services);
        _hubServices = HubPipeline.BuildServices(services, Connections, _lifetime, loggers);
        _hub = HubPipeline.Build(_hubServices);
        _stopping = services.Stopping.UnsafeRegister(static e => _ = ((HubEndpoint)e!).DrainAsync(), this);
    }

    /// <summary>The connections.</summary>
    public HubConnections Connections { get; }

    /// <summary>Completes when, after the server began to stop, every client was told or cut.</summary>
    public Task Drained => _drained.Task;

    /// <summary>Serves a request to one of the hub's paths whose host and origin are allowed.</summary>
    public Task InvokeAsync(HttpContext context, bool isNegotiation)
    {
        if (isNegotiation && !HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = "POST, OPTIONS";
            return ProblemResponse.WriteAsync(context, 405, ErrorCode.MethodNotAllowed, "A negotiation is a POST.");
        }

        // The library says so of its event streams only, and a refusal without it may be kept by a cache.
        context.Response.Headers.CacheControl = ResponseHeaders.NoStore;
        if (RefusalOf(context, isNegotiation) is { } fault)
        {
            return ProblemResponse.WriteAsync(context, fault);
        }

        if (WebSocketHandshake.IsRequested(context))
        {
            ConnectionBounds.LiftForRequest(context);
            ConnectionBounds.SetForResponse(context, _services.Options);
        }
        else if (HttpMethods.IsGet(context.Request.Method))
        {
            ConnectionBounds.SetForResponse(context, _services.Options);
            if (!AcceptsEvents(context))
            {
                return HubPoll.RunAsync(context, _hub);
            }

            context.Response.Body = new HubEventBody(context.Response.Body);
        }

        return _hub(context);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.DisposeAsync();
        _lifetime.StopApplication();
        await _hubServices.DisposeAsync();
        _lifetime.Dispose();
    }

    /// <summary>Why no connection may begin now; null also for requests of connections that began.</summary>
    private RequestFault? RefusalOf(HttpContext context, bool isNegotiation)
    {
        if (!isNegotiation && context.Request.Query.ContainsKey("id"))
        {
            return null;
        }

        if (_services.Stopping.IsCancellationRequested)
        {
            return Later(ErrorCode.Unavailable, "The server is stopping.");
        }

        return Connections.IsFull || (isNegotiation && !_negotiations.TryEnter())
            ? Later(ErrorCode.Overloaded, "Too many connections.")
            : null;
    }

    /// <summary>As SignalR decides between an event stream and a poll.</summary>
    private static bool AcceptsEvents(HttpContext context) =>
        context.Request.GetTypedHeaders().Accept.Contains(_eventStream);

    private static RequestFault Later(ErrorCode code, string detail) =>
        new(503, code, detail) { Headers = [new("Retry-After", "2")] };

    /// <summary>Every call says <c>move</c> and ends; then connections are closed, and at last cut.</summary>
    private async Task DrainAsync()
    {
        try
        {
            if (Connections.Open.Value > 0)
            {
                await WaitAsync(Connections.Calls.NoneAsync());

                // The ends of the last calls are still on their way into the connections.
                await Task.Delay(EdgeLimits.HubFarewellPause, _services.Time);
                Connections.RequestCloseAll();
                await WaitAsync(Connections.Open.NoneAsync());
            }

            _lifetime.StopApplication();
        }
        finally
        {
            _drained.SetResult();
        }
    }

    private async Task WaitAsync(Task none)
    {
        try
        {
            await none.WaitAsync(EdgeLimits.CloseTimeout, _services.Time);
        }
        catch (TimeoutException)
        {
            // Who takes nothing does not hold up the others.
        }
    }
}
