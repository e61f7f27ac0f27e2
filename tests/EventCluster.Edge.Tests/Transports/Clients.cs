using EventCluster.TestKit.Subscribers;
using Microsoft.AspNetCore.Http.Connections;

namespace EventCluster.Edge.Tests.Transports;

/// <summary>Every way to follow a stream.</summary>
internal static class Clients
{
    /// <summary>An open stream that shares the connection of the composite client.</summary>
    public const string Companion = "companion";

    /// <summary>Those that hold a connection open, so that a server can say when it is dead.</summary>
    public static IReadOnlyList<ISubscriberClient> Streaming { get; } =
    [
        new EventSourceClient(), new EventSourceClient(http2: true), new DurableSseClient(), new WebSocketClient(),
        new WebSocketClient(http2: true), new CompositeClient(Companion),
    ];

    /// <summary>The hub: its clients and servers keep SignalR's own heartbeats.</summary>
    public static IReadOnlyList<ISubscriberClient> Hub { get; } =
    [
        new SignalRClient(HttpTransportType.WebSockets), new SignalRClient(HttpTransportType.ServerSentEvents),
        new SignalRClient(HttpTransportType.LongPolling),
    ];

    /// <summary>Those that ask again and again.</summary>
    public static IReadOnlyList<ISubscriberClient> Polling { get; } = [new PollClient(isLong: true), new PollClient(isLong: false)];

    /// <summary>All.</summary>
    public static IReadOnlyList<ISubscriberClient> All { get; } = [.. Streaming, .. Hub, .. Polling];
}
