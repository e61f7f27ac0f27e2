using System.Net;
using EventCluster.Benchmarks.Generator;

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

    /// <summary>Appends until it is stopped, or a number of events.</summary>
    public async Task RunAsync(IPEndPoint server, int most = int.MaxValue)
    {
        using var socket = await LoadSocket.ConnectAsync(server);
        var first = lane * EventScan.LaneSize;
        var (free, open, next) = (outstanding, 0, first);
        while (true)
        {
            if (Math.Min(free, first + (long)most - next) is var due and > 0 && !_isStopping)
            {
                await socket.SendAsync(_requests.Number(next, (int)due));
                (open, next, free) = (open + (int)due, next + (int)due, free - (int)due);
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
