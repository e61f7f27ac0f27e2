using System.Net;
using System.Text;
using EventCluster.Benchmarks.Clients;

namespace EventCluster.Benchmarks.Wire;

/// <summary>Server-Sent Events over HTTP/1.1: native EventSource, or Durable Streams framing, whose response ends now and then.</summary>
/// <param name="host">The server's name for itself.</param>
/// <param name="stream">The stream's name.</param>
/// <param name="scan">Checks and counts events.</param>
/// <param name="query">What asks for the framing.</param>
/// <param name="marker">What stands before the client's position in the body.</param>
public sealed class SseClient(IPEndPoint host, string stream, EventScan scan, string query, string marker)
    : WireClient(host, stream, scan)
{
    private const int OffsetBytes = 20;

    private readonly byte[] _marker = Encoding.ASCII.GetBytes(marker);
    private readonly byte[] _body = new byte[128 * 1024];
    private byte[] _tail = [];
    private ChunkBody _chunks = new();
    private int _filled;
    private bool _isInBody;
    private string _position = "now";

    /// <inheritdoc />
    public override async Task OpenAsync(IPEndPoint server, CancellationToken cancellationToken)
    {
        await Socket.ConnectAsync(server);
        await RequestAsync(cancellationToken);
        while (_position == "now")
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
            if (_chunks.IsEnded)
            {
                await RequestAsync(cancellationToken);
            }
        }
    }

    private ValueTask RequestAsync(CancellationToken cancellationToken)
    {
        (_chunks, _isInBody, _filled, _tail) = (new ChunkBody(), false, 0, []);
        return Socket.SendAsync(
            Browser.Request("GET", Host, $"{Path}?{query}&offset={_position}", ("Connection", "keep-alive"), ("Accept", "text/event-stream"), ("Cache-Control", "no-cache")),
            cancellationToken);
    }

    private async ValueTask ReceiveAsync(CancellationToken cancellationToken)
    {
        var received = await Socket.ReceiveAsync(cancellationToken);
        received.Span.CopyTo(_body.AsSpan(_filled));
        if (_isInBody)
        {
            Take(_filled, received.Length);
            return;
        }

        _filled += received.Length;
        var end = _body.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8) + 4;
        if (end >= 4)
        {
            if (!_body.AsSpan().StartsWith("HTTP/1.1 200 "u8))
            {
                throw new InvalidDataException(Encoding.ASCII.GetString(_body, 0, end));
            }

            var length = _filled - end;
            _body.AsSpan(end, length).CopyTo(_body);
            (_isInBody, _filled) = (true, 0);
            Take(0, length);
        }
    }

    private void Take(int at, int length)
    {
        var fresh = _chunks.Decode(_body.AsSpan(at, length));
        FindPosition(_body.AsSpan(at, fresh));
        _filled = at + fresh;
        var body = _body.AsSpan(0, _filled);
        var used = Scan.Feed(body);
        body[used..].CopyTo(_body);
        _filled -= used;
    }

    private void FindPosition(ReadOnlySpan<byte> fresh)
    {
        // The marker may be cut: the last bytes before are looked at again.
        byte[] text = [.. _tail, .. fresh];
        var mark = text.AsSpan().LastIndexOf(_marker);
        if (mark >= 0 && text.Length - mark - _marker.Length >= OffsetBytes)
        {
            _position = Encoding.ASCII.GetString(text, mark + _marker.Length, OffsetBytes);
        }

        _tail = text[Math.Max(0, text.Length - _marker.Length - OffsetBytes)..];
    }
}
