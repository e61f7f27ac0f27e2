using System.Net;
using System.Net.Sockets;

namespace EventCluster.Benchmarks.Clients;

/// <summary>One connection that keeps a number of appends outstanding.</summary>
/// <param name="head">Request line and headers of an append.</param>
/// <param name="lane">Lane of its events.</param>
/// <param name="outstanding">Appends without an answer.</param>
public sealed class PipelinedPublisher(byte[] head, int lane, int outstanding)
{
    private readonly AppendRequests _requests = new(head, outstanding);
    private readonly AnswerCount _answers = new();
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
        var (free, open, next) = (outstanding, 0, lane * EventScan.LaneSize);
        while (true)
        {
            if (free > 0 && !_isStopping)
            {
                for (var rest = _requests.Number(next, free); !rest.IsEmpty;)
                {
                    rest = rest[await socket.SendAsync(rest)..];
                }

                (open, next, free) = (open + free, next + free, 0);
            }

            if (open == 0)
            {
                return;
            }

            var read = await socket.ReceiveAsync(_answers.Room);
            if (read == 0)
            {
                throw new InvalidDataException("The server closed a publisher's connection.");
            }

            var answered = _answers.Take(read);
            Acknowledged += answered;
            (open, free) = (open - answered, free + answered);
        }
    }
}
