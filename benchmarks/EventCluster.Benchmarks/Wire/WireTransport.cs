using System.Net;
using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.Wire;

/// <summary>One row of the table.</summary>
/// <param name="Name">In the table.</param>
/// <param name="ServerOf">Where it connects.</param>
/// <param name="NewClient">A client of a stream.</param>
public sealed record WireTransport(string Name, Func<EventClusterSubject, IPEndPoint> ServerOf, Func<IPEndPoint, string, EventScan, WireClient> NewClient)
{
    /// <summary>Between two short polls.</summary>
    public static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <summary>The window of a client that wants to be woken less often.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<WireTransport> All =
    [
        new("short poll, 1 s", s => s.EndPoint, (host, stream, scan) => new PollClient(host, stream, scan, PollInterval)),
        new("long poll", s => s.EndPoint, (host, stream, scan) => new PollClient(host, stream, scan, TimeSpan.Zero)),
        new("Durable SSE", s => s.EndPoint, (host, stream, scan) => new SseClient(host, stream, scan, "live=sse", "\"streamNextOffset\":\"")),
        new("EventSource", s => s.EndPoint, (host, stream, scan) => new SseClient(host, stream, scan, "live=eventsource", "id: ")),
        new("EventSource, window", s => s.EndPoint, (host, stream, scan) =>
            new SseClient(host, stream, scan, $"live=eventsource&window={Window.TotalMilliseconds}", "id: ")),
        new("WebSocket", s => s.EndPoint, (host, stream, scan) => new WebSocketClient(host, stream, scan)),
        new("SignalR", s => s.EndPoint, (host, stream, scan) => new SignalRClient(host, stream, scan)),
        new("HTTP/2 EventSource", s => s.ClearHttp2, (host, stream, scan) => new Http2Client(host, stream, scan)),
    ];
}
