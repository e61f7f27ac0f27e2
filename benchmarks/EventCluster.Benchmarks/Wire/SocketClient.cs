using System.Net;
using System.Text;
using EventCluster.Benchmarks.Clients;

namespace EventCluster.Benchmarks.Wire;

/// <summary>A client over a WebSocket: the stream's own, or SignalR's with the requests before it.</summary>
public abstract class SocketClient(IPEndPoint host, string stream, EventScan scan) : WireClient(host, stream, scan)
{
    private readonly byte[] _received = new byte[128 * 1024];
    private int _filled;

    /// <inheritdoc />
    public override async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await ReceiveAsync(cancellationToken);
        }
    }

    /// <summary>Asks for a WebSocket and reads the head of the answer.</summary>
    protected async Task UpgradeAsync(string path, string? protocol, CancellationToken cancellationToken)
    {
        (string, string)[] protocols = protocol is null ? [] : [("Sec-WebSocket-Protocol", protocol)];
        await Socket.SendAsync(Browser.Request("GET", Host, path,
        [
            ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Origin", $"http://{Host}"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"), .. protocols,
        ]), cancellationToken);
        var head = await ReadHeadAsync(cancellationToken);
        if (!head.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal))
        {
            throw new InvalidDataException(head);
        }
    }

    /// <summary>Reads until the end of a head; what follows it stays.</summary>
    protected async Task<string> ReadHeadAsync(CancellationToken cancellationToken)
    {
        var end = -1;
        while (end < 0)
        {
            await FillAsync(cancellationToken);
            end = _received.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8);
        }

        var head = Encoding.ASCII.GetString(_received, 0, end + 4);
        Drop(end + 4);
        return head;
    }

    /// <summary>Takes a number of bytes; waits until they are there.</summary>
    protected async Task<byte[]> TakeAsync(int bytes, CancellationToken cancellationToken)
    {
        while (_filled < bytes)
        {
            await FillAsync(cancellationToken);
        }

        var taken = _received[..bytes];
        Drop(bytes);
        return taken;
    }

    /// <summary>Reads until a text has come, and drops everything up to its end.</summary>
    protected async Task AwaitAsync(string text, CancellationToken cancellationToken)
    {
        var wanted = Encoding.ASCII.GetBytes(text);
        int at;
        while ((at = _received.AsSpan(0, _filled).IndexOf(wanted)) < 0)
        {
            await FillAsync(cancellationToken);
        }

        Drop(at + wanted.Length);
    }

    /// <summary>Sends one text message.</summary>
    protected ValueTask SendTextAsync(string message, CancellationToken cancellationToken) =>
        Socket.SendAsync(ClientFrame.Text(Encoding.UTF8.GetBytes(message)), cancellationToken);

    /// <summary>Answers what was received, when it asks for that.</summary>
    protected abstract ValueTask AnswerAsync(ReadOnlyMemory<byte> received, CancellationToken cancellationToken);

    private async ValueTask ReceiveAsync(CancellationToken cancellationToken)
    {
        var before = _filled;
        await FillAsync(cancellationToken);
        await AnswerAsync(_received.AsMemory(before, _filled - before), cancellationToken);
        Drop(Scan.Feed(_received.AsSpan(0, _filled)));
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        var received = await Socket.ReceiveAsync(cancellationToken);
        received.CopyTo(_received.AsMemory(_filled));
        _filled += received.Length;
    }

    private void Drop(int bytes)
    {
        _filled -= bytes;
        _received.AsSpan(bytes, _filled).CopyTo(_received);
    }
}
