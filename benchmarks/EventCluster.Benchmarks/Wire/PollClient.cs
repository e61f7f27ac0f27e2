using System.Net;
using System.Text;
using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Http;

namespace EventCluster.Benchmarks.Wire;

/// <summary>Short polling at an interval, with <c>If-None-Match</c>; or long polling, without one.</summary>
/// <param name="host">The server's name for itself.</param>
/// <param name="stream">The stream's name.</param>
/// <param name="scan">Checks and counts events.</param>
/// <param name="interval">Between two short polls; zero for long polling.</param>
public sealed class PollClient(IPEndPoint host, string stream, EventScan scan, TimeSpan interval)
    : WireClient(host, stream, scan)
{
    private const string Etag = "ETag: ";
    private const string Cursor = "Stream-Cursor: ";

    private string _position = "now";
    private string? _etag;
    private string? _cursor;

    /// <inheritdoc />
    public override async Task OpenAsync(IPEndPoint server, CancellationToken cancellationToken)
    {
        await Socket.ConnectAsync(server);
        await ExchangeAsync($"{Path}?offset=now", cancellationToken);
    }

    /// <inheritdoc />
    public override async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = interval > TimeSpan.Zero ? new PeriodicTimer(interval, TimeProvider.System) : null;
        while (true)
        {
            if (timer is not null)
            {
                await timer.WaitForNextTickAsync(cancellationToken);
                await ExchangeAsync($"{Path}?offset={_position}", cancellationToken);
            }
            else
            {
                var cursor = _cursor is null ? "" : $"&cursor={_cursor}";
                await ExchangeAsync($"{Path}?live=long-poll&offset={_position}{cursor}", cancellationToken);
            }
        }
    }

    private async Task ExchangeAsync(string path, CancellationToken cancellationToken)
    {
        (string, string)[] validator = interval > TimeSpan.Zero && _etag is not null ? [("If-None-Match", _etag)] : [];
        await Socket.SendAsync(Browser.Request("GET", Host, path, [("Connection", "keep-alive"), ("Accept", "*/*"), .. validator]), cancellationToken);
        using var answer = new MemoryStream();
        var end = -1;
        while (end < 0)
        {
            answer.Write((await Socket.ReceiveAsync(cancellationToken)).Span);
            end = answer.GetBuffer().AsSpan(0, (int)answer.Length).IndexOf("\r\n\r\n"u8);
        }

        var head = answer.GetBuffer().AsMemory(0, end + 4).ToArray();
        var length = LengthOf(head);
        while (answer.Length < end + 4 + length)
        {
            answer.Write((await Socket.ReceiveAsync(cancellationToken)).Span);
        }

        Scan.Feed(answer.GetBuffer().AsSpan(end + 4, length));
        Learn(head);
    }

    private static int LengthOf(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("HTTP/1.1 304 "u8) || head.StartsWith("HTTP/1.1 204 "u8))
        {
            return 0;
        }

        var length = HttpAnswer.ContentLength(head);
        return head.StartsWith("HTTP/1.1 200 "u8) && length >= 0
            ? length
            : throw new InvalidDataException(Encoding.ASCII.GetString(head));
    }

    private void Learn(ReadOnlySpan<byte> head)
    {
        if (HttpAnswer.TryGetHeader(head, "Stream-Next-Offset: "u8, out var next))
        {
            var position = Encoding.ASCII.GetString(next);
            _etag = position == _position ? _etag : null;
            _position = position;
        }

        // A tag describes one URL: it is worth sending again only while the position stays.
        if (HttpAnswer.TryGetHeader(head, Encoding.ASCII.GetBytes(Etag), out var etag) && HttpAnswer.ContentLength(head) <= 2)
        {
            _etag = Encoding.ASCII.GetString(etag);
        }

        if (HttpAnswer.TryGetHeader(head, Encoding.ASCII.GetBytes(Cursor), out var cursor))
        {
            _cursor = Encoding.ASCII.GetString(cursor);
        }
    }
}
