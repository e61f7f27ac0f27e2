using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Text;
using EventCluster.Benchmarks.Generator;

namespace EventCluster.Benchmarks.Clients;

/// <summary>A reader that follows a stream and checks every event.</summary>
public sealed class LiveReader(LiveTransport transport, string stream, int bufferBytes, EventScan scan, string? resume = null) : IDisposable
{
    private static readonly SslApplicationProtocol[] Http2 = [SslApplicationProtocol.Http2];

    private readonly byte[] _buffer = new byte[bufferBytes];
    private readonly IBody _body = transport.NewBody();
    private LoadSocket? _socket;
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
        _socket = await LoadSocket.ConnectAsync(new IPEndPoint(server.Address, transport.Port ?? server.Port));
        if (transport.Certificate is { } fingerprint)
        {
            _tls = new SslStream(new LoadStream(_socket), leaveInnerStreamOpen: false);
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
            await SendAsync(Use(await ReceiveAsync()));
        }
    }

    /// <summary>Reads until it is disposed or <paramref name="enough"/> events are there.</summary>
    public async Task RunAsync(long enough = long.MaxValue)
    {
        try
        {
            while (Count < enough)
            {
                // Received here and not in a method of its own, whose suspension would allocate.
                if (Use(await ReceiveAsync()) is { IsEmpty: false } reply)
                {
                    await SendAsync(reply);
                }
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
            _filled += Received(await ReceiveAsync());
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

    private ValueTask<int> ReceiveAsync()
    {
        var room = _buffer.AsMemory(_filled);
        return _tls is null ? _socket!.ReceiveAsync(room) : _tls.ReadAsync(room);
    }

    private static int Received(int bytes) => bytes > 0 ? bytes : throw new InvalidDataException("The server closed the connection.");

    /// <summary>Takes what was received; returns what has to be sent for it, nothing most of the time.</summary>
    private ReadOnlyMemory<byte> Use(int received)
    {
        Take(Received(received));
        return _body.IsEnded
            ? throw new InvalidDataException($"The server ended the response: {Encoding.ASCII.GetString(_buffer, 0, _filled)}")
            : _body.TakeReply();
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

    private ValueTask SendAsync(ReadOnlyMemory<byte> bytes) =>
        bytes.IsEmpty ? default : _tls?.WriteAsync(bytes) ?? _socket!.SendAsync(bytes);
}
