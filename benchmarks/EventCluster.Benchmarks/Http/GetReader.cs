using System.Net;
using System.Text;
using EventCluster.Benchmarks.Generator;

namespace EventCluster.Benchmarks.Http;

/// <summary>Catch-up GETs on one connection until the tail.</summary>
public sealed class GetReader(string path, int events) : ICatchUpReader
{
    private const int BufferBytes = 2 * 1024 * 1024;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
    private long _count;

    /// <inheritdoc />
    public async Task<long> RunAsync(IPEndPoint server)
    {
        using var socket = await LoadSocket.ConnectAsync(server);
        var offset = "-1";
        while (_count < events)
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path}?offset={offset} HTTP/1.1\r\nHost: {server}\r\n\r\n"));
            offset = await ReceiveAsync(socket);
        }

        return _count;
    }

    private async Task<string> ReceiveAsync(LoadSocket socket)
    {
        var (filled, total, head) = (0, int.MaxValue, 0);
        while (filled < total)
        {
            var read = await socket.ReceiveAsync(_buffer.AsMemory(filled));
            filled += read;
            if (read == 0 || filled == BufferBytes)
            {
                throw new InvalidDataException($"The answer ended after {filled} of {total} bytes.");
            }

            if (head == 0 && _buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8) is var end && end >= 0)
            {
                head = end + 4;
                total = head + HttpAnswer.ContentLength(_buffer.AsSpan(0, head));
            }
        }

        Verify(_buffer.AsSpan(head, total - head));
        return HttpAnswer.Next(_buffer.AsSpan(0, head));
    }

    private void Verify(ReadOnlySpan<byte> body)
    {
        if (body.Length < Payloads.EventBytes || (body.Length - 1) % (Payloads.EventBytes + 1) != 0)
        {
            throw new InvalidDataException($"An array of {body.Length} bytes does not hold whole events.");
        }

        for (var at = 1; at < body.Length; at += Payloads.EventBytes + 1)
        {
            if (Payloads.NumberOf(body[at..]) != _count)
            {
                throw new InvalidDataException($"Event {Payloads.NumberOf(body[at..])} came where {_count} was due.");
            }

            _count++;
        }
    }
}
