using System.Net;
using EventCluster.Benchmarks.Clients;

namespace EventCluster.Benchmarks.Wire;

/// <summary>Native EventSource framing over HTTP/2 in clear text, so that its row compares with the others.</summary>
public sealed class Http2Client(IPEndPoint host, string stream, EventScan scan) : WireClient(host, stream, scan)
{
    private readonly Http2Body _frames = new();
    private readonly byte[] _body = new byte[128 * 1024];
    private int _filled;

    /// <inheritdoc />
    public override async Task OpenAsync(IPEndPoint server, CancellationToken cancellationToken)
    {
        await Socket.ConnectAsync(server);
        var headers = Browser.Headers(("Accept", "text/event-stream"), ("Cache-Control", "no-cache"))
            .Select(header => (header.Name.ToLowerInvariant(), header.Value));
        await Socket.SendAsync(Http2Request.Get("http", Host.ToString(), $"{Path}?live=eventsource&offset=now", headers), cancellationToken);
        while (_body.AsSpan(0, _filled).IndexOf("retry: "u8) < 0)
        {
            await ReceiveAsync(cancellationToken);
        }
    }

    /// <inheritdoc />
    public override async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await ReceiveAsync(cancellationToken);
            var body = _body.AsMemory(0, _filled);
            var used = Scan.Feed(body.Span);
            body[used..].CopyTo(_body);
            _filled -= used;
        }
    }

    private async ValueTask ReceiveAsync(CancellationToken cancellationToken)
    {
        var received = await Socket.ReceiveAsync(cancellationToken);
        var length = _frames.Decode(received.Span);
        received.Span[..length].CopyTo(_body.AsSpan(_filled));
        _filled += length;
        if (_frames.TakeReply() is { Length: > 0 } reply)
        {
            await Socket.SendAsync(reply, cancellationToken);
        }
    }
}
