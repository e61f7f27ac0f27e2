using System.Net;

namespace EventCluster.Benchmarks.FanOut;

/// <summary>How readers are connected.</summary>
/// <param name="Name">In figures.</param>
/// <param name="Query">What the URL of the stream needs.</param>
/// <param name="Headers">Request headers, each with its line end.</param>
/// <param name="Status">How the answer begins.</param>
/// <param name="NewCheck">Checks what one reader receives.</param>
public sealed record LiveTransport(string Name, string Query, string Headers, string Status, Func<ILiveCheck> NewCheck)
{
    /// <summary>Native EventSource framing.</summary>
    public static readonly LiveTransport EventSource = new(
        "EventSource", "?live=eventsource&offset=now", "Accept: text/event-stream\r\n", "HTTP/1.1 200 ", () => new FrameCheck());

    /// <summary>A WebSocket on the stream's URL.</summary>
    public static readonly LiveTransport WebSocket = new(
        "WebSocket", "?offset=now&heartbeat=120",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: eventcluster.v1\r\n",
        "HTTP/1.1 101 ", () => new MessageCheck());

    /// <summary>The request of one reader.</summary>
    public string Request(string path, IPEndPoint server) => $"GET {path}{Query} HTTP/1.1\r\nHost: {server}\r\n{Headers}\r\n";
}
