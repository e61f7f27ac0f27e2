using System.Diagnostics;
using EventCluster.Edge.Http;
using EventCluster.Edge.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EventCluster.Edge.SignalR;

/// <summary>
/// SignalR with every bound set on purpose, in services of its own: it ends connections when its lifetime says so, and that
/// must not be the server's (<see cref="HubLifetime"/>).
/// </summary>
internal static class HubPipeline
{
    /// <summary>The services of the hub.</summary>
    public static ServiceProvider BuildServices(
        SessionServices sessions, HubConnections connections, HubLifetime lifetime, ILoggerFactory loggers)
    {
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(new HubLog(loggers));
        services.AddLogging();
        services.AddSingleton<IHostApplicationLifetime>(lifetime);
        services.AddSingleton(new DiagnosticListener("Microsoft.AspNetCore"));
        services.AddSingleton(sessions);
        services.AddSingleton(connections);
        services.AddSignalR(Bound).AddJsonProtocol(static json =>
            json.PayloadSerializerOptions.MaxDepth = EdgeLimits.MaxMessageDepth);
        services.Replace(ServiceDescriptor.Singleton<IHubProtocol>(provider => new HubCallProtocol(
            new JsonHubProtocol(provider.GetRequiredService<IOptions<JsonHubProtocolOptions>>()), sessions.Frames)));
        return services.BuildServiceProvider();
    }

    /// <summary>What answers <see cref="StreamPaths.Hub"/> and <see cref="StreamPaths.HubNegotiate"/>.</summary>
    public static RequestDelegate Build(IServiceProvider services)
    {
        var app = new ApplicationBuilder(services);
        var http = new HttpConnectionDispatcherOptions();
        Bound(http);
        var memory = services.GetRequiredService<SessionServices>().Inbound.Messages;

        // Where a handshake is accepted already, SignalR's own middleware leaves it alone.
        app.UseWebSockets();
        app.Use(static (context, next) =>
        {
            if (context.Features.Get<IHttpWebSocketFeature>() is { } sockets)
            {
                context.Features.Set<IHttpWebSocketFeature>(new HubSocketFeature(sockets));
            }

            return next(context);
        });
        app.UseRouting();
        app.UseEndpoints(endpoints => endpoints.MapConnections(StreamPaths.Hub, http, connections => connections
            .Use(next => connection => HubInput.RunAsync(connection, memory, next))
            .UseHub<StreamHub>()));
        return app.Build();
    }

    private static void Bound(HubOptions hub)
    {
        hub.MaximumReceiveMessageSize = EdgeLimits.MaxWebSocketMessageBytes;
        hub.MaximumParallelInvocationsPerClient = EdgeLimits.MaxHubCallsInFlight;
        hub.KeepAliveInterval = EdgeLimits.HubKeepAlive;
        hub.ClientTimeoutInterval = EdgeLimits.HubClientTimeout;
        hub.HandshakeTimeout = EdgeLimits.HubHandshakeTimeout;
        hub.EnableDetailedErrors = false;
        hub.DisableImplicitFromServicesParameters = true;
    }

    private static void Bound(HttpConnectionDispatcherOptions http)
    {
        http.Transports = HttpTransports.All;
        http.ApplicationMaxBufferSize = EdgeLimits.HubBufferBytes;
        http.TransportMaxBufferSize = EdgeLimits.HubBufferBytes;
        http.TransportSendTimeout = EdgeLimits.HubSendTimeout;
        http.LongPolling.PollTimeout = EdgeLimits.HubPollTimeout;
        http.WebSockets.CloseTimeout = EdgeLimits.CloseTimeout;

        // What a process remembers of a connection is lost with it; offsets outlive it.
        http.AllowStatefulReconnects = false;
    }
}
