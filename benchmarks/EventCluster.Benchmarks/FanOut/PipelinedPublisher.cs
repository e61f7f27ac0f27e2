using System.Net;
using System.Net.Sockets;
using EventCluster.Benchmarks.Http;

namespace EventCluster.Benchmarks.FanOut;

/// <summary>One connection that keeps a number of appends outstanding.</summary>
public sealed class PipelinedPublisher(AppendTarget target, int outstanding)
{
    private readonly byte[] _requests = Repeat(target.Request.Span, outstanding);
    private readonly byte[] _answers = new byte[32 * 1024];
    private volatile bool _isStopping;

    /// <summary>Acknowledged appends.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Sends no more and waits for what is outstanding.</summary>
    public void Stop() => _isStopping = true;

    /// <summary>Appends until it is stopped.</summary>
    public async Task RunAsync(IPEndPoint server)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server);
        var (free, open, filled) = (outstanding, 0, 0);
        while (true)
        {
            if (free > 0 && !_isStopping)
            {
                await SendAsync(socket, _requests.AsMemory(0, free * target.Request.Length));
                (open, free) = (open + free, 0);
            }

            if (open == 0)
            {
                return;
            }

            var read = await socket.ReceiveAsync(_answers.AsMemory(filled));
            if (read == 0)
            {
                throw new InvalidDataException("The server closed a publisher's connection.");
            }

            var answered = Count(filled + read, out filled);
            Acknowledged += answered;
            (open, free) = (open - answered, free + answered);
        }
    }

    private static async ValueTask SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes)..];
        }
    }

    private int Count(int length, out int left)
    {
        var (count, at) = (0, 0);
        while (_answers.AsSpan(at, length - at).IndexOf("\r\n\r\n"u8) is var end && end >= 0)
        {
            _ = HttpAnswer.AppendedSequence(_answers.AsSpan(at, end + 4));
            target.Acknowledge();
            at += end + 4;
            count++;
        }

        left = length - at;
        _answers.AsSpan(at, left).CopyTo(_answers);
        return count;
    }

    private static byte[] Repeat(ReadOnlySpan<byte> request, int times)
    {
        var all = new byte[request.Length * times];
        for (var i = 0; i < times; i++)
        {
            request.CopyTo(all.AsSpan(i * request.Length));
        }

        return all;
    }
}
