using EventCluster.TestKit.Subscribers;

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

    /// <summary>Those that ask again and again.</summary>
    public static IReadOnlyList<ISubscriberClient> Polling { get; } = [new PollClient(isLong: true), new PollClient(isLong: false)];

    /// <summary>All.</summary>
    public static IReadOnlyList<ISubscriberClient> All { get; } = [.. Streaming, .. Polling];
}
