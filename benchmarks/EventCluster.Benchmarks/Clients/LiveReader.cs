using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace EventCluster.Benchmarks.Clients;

/// <summary>A reader that follows a stream and checks every event.</summary>
public sealed class LiveReader(LiveTransport transport, string stream, int bufferBytes, EventScan scan, string? resume = null) : IDisposable
{
    private static readonly SslApplicationProtocol[] Http2 = [SslApplicationProtocol.Http2];

    private readonly byte[] _buffer = new byte[bufferBytes];
    private readonly IBody _body = transport.NewBody();
    private Socket? _socket;
    private SslStream? _tls;
    private int _filled;
    private bool _isReady;
    private volatile bool _isDisposed;

    /// <summary>Events seen, all in order.</summary>
    public long Count => scan.Count;

    /// <summary>Why it ended; null while it runs, and when it was disposed.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Connects and waits until it has its place in the stream.</summary>
    public async Task ConnectAsync(IPEndPoint server)
    {
        _socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await _socket.ConnectAsync(server.Address, transport.Port ?? server.Port);
        if (transport.Certificate is { } fingerprint)
        {
            _tls = new SslStream(new NetworkStream(_socket), leaveInnerStreamOpen: false);
            await _tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ApplicationProtocols = [.. Http2],
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString(HashAlgorithmName.SHA256) == fingerprint,
            });
        }

        await SendAsync(transport.Request(stream, resume));
        if (transport.Status.Length > 0)
        {
            await ReadHeadAsync();
            if (transport.Opening is { } opening)
            {
                await SendAsync(opening(stream, resume));
            }
        }

        while (!(_isReady |= transport.Ready.Length == 0))
        {
            await ReceiveAsync();
        }
    }

    /// <summary>Reads until it is disposed or <paramref name="enough"/> events are there.</summary>
    public async Task RunAsync(long enough = long.MaxValue)
    {
        try
        {
            while (Count < enough)
            {
                await ReceiveAsync();
            }
        }
        catch (Exception) when (_isDisposed)
        {
            // The round is over.
        }
        catch (Exception e)
        {
            Fault = e;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _isDisposed = true;
        _tls?.Dispose();
        _socket?.Dispose();
    }

    private async Task ReadHeadAsync()
    {
        var end = -1;
        while (end < 0)
        {
            _filled += await FillAsync();
            end = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8);
        }

        if (!_buffer.AsSpan().StartsWith(Encoding.ASCII.GetBytes(transport.Status)))
        {
            throw new InvalidDataException(Encoding.ASCII.GetString(_buffer, 0, _filled));
        }

        var rest = _filled - end - 4;
        _buffer.AsSpan(end + 4, rest).CopyTo(_buffer);
        _filled = 0;
        Take(rest);
    }

    private async ValueTask ReceiveAsync()
    {
        Take(await FillAsync());
        if (_body.IsEnded)
        {
            throw new InvalidDataException($"The server ended the response: {Encoding.ASCII.GetString(_buffer, 0, _filled)}");
        }

        if (_body.TakeReply() is { Length: > 0 } reply)
        {
            await SendAsync(reply);
        }
    }

    private async ValueTask<int> FillAsync()
    {
        var room = _buffer.AsMemory(_filled);
        var read = _tls is null ? await _socket!.ReceiveAsync(room) : await _tls.ReadAsync(room);
        return read > 0 ? read : throw new SocketException((int)SocketError.ConnectionReset);
    }

    private void Take(int received)
    {
        _filled += _body.Decode(_buffer.AsSpan(_filled, received));
        var body = _buffer.AsSpan(0, _filled);
        if (!_isReady && transport.Ready.Length > 0)
        {
            _isReady = body.IndexOf(Encoding.ASCII.GetBytes(transport.Ready)) >= 0;
            if (!_isReady)
            {
                return;
            }
        }

        var used = scan.Feed(body);
        body[used..].CopyTo(_buffer);
        _filled -= used;
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_tls is not null)
        {
            await _tls.WriteAsync(bytes);
            return;
        }

        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket!.SendAsync(bytes)..];
        }
    }
}
