using System.Net;
using System.Text;
using EventCluster.Benchmarks.Generator;

namespace EventCluster.Benchmarks.Http;

/// <summary>An EventSource that reads native framing until it has all events.</summary>
public sealed class SseReader(string path, int events) : ICatchUpReader
{
    private const int BufferBytes = 128 * 1024;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly ChunkedBody _body = new();
    private readonly SseVerifier _verifier = new();

    /// <inheritdoc />
    public async Task<long> RunAsync(IPEndPoint server)
    {
        using var socket = await LoadSocket.ConnectAsync(server);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: {server}\r\nAccept: text/event-stream\r\n\r\n"));
        var filled = 0;
        var inBody = false;
        while (_verifier.Count < events)
        {
            var read = await socket.ReceiveAsync(_buffer.AsMemory(filled));
            if (read == 0)
            {
                throw new InvalidDataException($"The stream ended after {_verifier.Count} of {events} events.");
            }

            filled += read;
            if (inBody || (inBody = SkipHead(ref filled)))
            {
                _body.Feed(_buffer.AsSpan(0, filled), _verifier);
                filled = 0;
            }
        }

        return _verifier.Count;
    }

    private bool SkipHead(ref int filled)
    {
        var answer = _buffer.AsSpan(0, filled);
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        if (!answer.StartsWith("HTTP/1.1 200 "u8))
        {
            throw new InvalidDataException(Encoding.ASCII.GetString(answer[..end]));
        }

        answer[(end + 4)..].CopyTo(_buffer);
        filled -= end + 4;
        return true;
    }
}
