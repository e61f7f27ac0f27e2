using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Server;

/// <summary>HTTP/1.1 written and read by hand, so that tests see and send bytes that no client library would.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly List<byte> _received = [];

    private RawConnection(Socket socket) => _socket = socket;

    /// <summary>Set when the server ended the connection or the chunked body.</summary>
    public bool Ended { get; private set; }

    public static async Task<RawConnection> OpenAsync(int port, int? receiveBuffer = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } bytes)
        {
            socket.ReceiveBufferSize = bytes;
        }

        await socket.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        return new RawConnection(socket);
    }

    public Task WriteAsync(string text) => WriteAsync(Encoding.Latin1.GetBytes(text));

    public async Task WriteAsync(byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await _socket.SendAsync(bytes.AsMemory(sent), TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Sends a request with Host and Content-Length unless the headers say otherwise, and reads the answer.</summary>
    public async Task<Answer> SendAsync(string method, string target, byte[]? body, params string[] headers)
    {
        await WriteRequestAsync(method, target, body, headers);
        return await ReadAnswerAsync(method);
    }

    public async Task WriteRequestAsync(string method, string target, byte[]? body, params string[] headers)
    {
        var head = new StringBuilder($"{method} {target} HTTP/1.1\r\n");
        if (!headers.Any(header => header.StartsWith("Host:", StringComparison.OrdinalIgnoreCase)))
        {
            head.Append("Host: localhost\r\n");
        }

        if (body is not null)
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        }

        foreach (var header in headers)
        {
            head.Append(header).Append("\r\n");
        }

        await WriteAsync(head.Append("\r\n").ToString());
        await WriteAsync(body ?? []);
    }

    /// <summary>Reads one whole answer.</summary>
    public async Task<Answer> ReadAnswerAsync(string method = "GET")
    {
        var head = await ReadHeadAsync();
        if (method == "HEAD" || head.Status is 204 or 304)
        {
            return head;
        }

        if (head.Find("Content-Length") is { } length)
        {
            return head with { Body = await TakeAsync(int.Parse(length, CultureInfo.InvariantCulture)) };
        }

        var body = new List<byte>();
        while (await ReadChunkAsync() is { } chunk)
        {
            body.AddRange(chunk);
        }

        return head with { Body = [.. body] };
    }

    /// <summary>Reads status and headers only.</summary>
    public async Task<Answer> ReadHeadAsync()
    {
        var end = await FindAsync("\r\n\r\n"u8.ToArray());
        var text = Encoding.Latin1.GetString([.. (await TakeAsync(end + 4))[..end]]);
        return new Answer(int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture), text, []);
    }

    /// <summary>Reads the body of a live answer up to and including a text.</summary>
    public async Task<string> ReadUntilAsync(string text)
    {
        var body = new StringBuilder();
        while (!body.ToString().EndsWith(text, StringComparison.Ordinal))
        {
            body.Append(Encoding.UTF8.GetString(
                await ReadChunkAsync() ?? throw new InvalidOperationException($"The answer ended before '{text}':\n{body}")));
        }

        return body.ToString();
    }

    /// <summary>Reads the body of a live answer up to its clean end.</summary>
    public async Task<string> ReadToEndAsync()
    {
        var body = new List<byte>();
        while (await ReadChunkAsync() is { } chunk)
        {
            body.AddRange(chunk);
        }

        return Encoding.UTF8.GetString([.. body]);
    }

    /// <summary>Reads so many bytes as they are.</summary>
    public Task<byte[]> ReadBytesAsync(int count) => TakeAsync(count);

    /// <summary>Resets the connection: what the peer sees when a client crashes.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>The next chunk of a chunked body; null at its end.</summary>
    private async Task<byte[]?> ReadChunkAsync()
    {
        var end = await FindAsync("\r\n"u8.ToArray());
        var size = int.Parse(
            Encoding.ASCII.GetString((await TakeAsync(end + 2))[..end]), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var chunk = await TakeAsync(size);
        await TakeAsync(2);
        Ended = size == 0;
        return Ended ? null : chunk;
    }

    private async Task<int> FindAsync(byte[] pattern)
    {
        while (true)
        {
            var found = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_received).IndexOf(pattern);
            if (found >= 0)
            {
                return found;
            }

            await ReceiveAsync();
        }
    }

    private async Task<byte[]> TakeAsync(int count)
    {
        while (_received.Count < count)
        {
            await ReceiveAsync();
        }

        var taken = _received.GetRange(0, count).ToArray();
        _received.RemoveRange(0, count);
        return taken;
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[64 * 1024];
        var count = await Phase.OfAsync(
            "receive", _socket.ReceiveAsync(buffer.AsMemory(), TestContext.Current.CancellationToken).AsTask());
        if (count == 0)
        {
            Ended = true;
            throw new EndOfStreamException("The server closed the connection.");
        }

        _received.AddRange(buffer.AsSpan(0, count));
    }
}
