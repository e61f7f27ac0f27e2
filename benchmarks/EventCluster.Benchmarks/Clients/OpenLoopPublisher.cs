using System.Diagnostics;
using System.Net;
using EventCluster.Benchmarks.Generator;

namespace EventCluster.Benchmarks.Clients;

/// <summary>
/// Appends at a fixed rate, whether answers come or not. Latencies count from the time that an event was due, so a server
/// that stalls cannot slow down what it is measured by.
/// </summary>
/// <param name="heads">Request line and headers of an append to each stream; events go to the streams in turn.</param>
/// <param name="perSecond">Events per second, over all streams.</param>
/// <param name="server">Where to.</param>
/// <param name="connections">Connections at most; streams share them when there are more.</param>
public sealed class OpenLoopPublisher(IReadOnlyList<byte[]> heads, double perSecond, IPEndPoint server, int connections = 64)
{
    private readonly AppendRequests[] _targets = [.. heads.Select(head => new AppendRequests(head, 1))];
    private readonly int _connections = Math.Min(connections, heads.Count);
    private long _start;
    private int _firstNumber;
    private int _nextNumber;

    /// <summary>Acknowledged appends.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Told how many answers have come; on one connection they come in order.</summary>
    public Action<int>? OnAnswers { get; set; }

    /// <summary>When an event of a stream is due; known once it runs.</summary>
    public long DueAt(int stream, int number) =>
        Volatile.Read(ref _start) + (long)(Stopwatch.Frequency / perSecond * (((long)(number - _firstNumber) * _targets.Length) + stream));

    /// <summary>Appends a number of events to each stream, numbered on from the last run; returns when all are acknowledged.</summary>
    public Task RunAsync(int eventsEach, CancellationToken cancellationToken) => LoadLoop.RunAsync(async () =>
    {
        var lanes = await Task.WhenAll(Enumerable.Range(0, _connections).Select(_ => PacedConnection.ConnectAsync(server)));
        try
        {
            (_firstNumber, _nextNumber) = (_nextNumber, _nextNumber + eventsEach);
            Volatile.Write(ref _start, Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 20));
            LoadLoop.Current.Pace(new Schedule(this, lanes, eventsEach * _targets.Length, cancellationToken));
            await Task.WhenAll(lanes.Select((lane, i) => lane.CountAsync(Share(eventsEach, i), Count)));
        }
        finally
        {
            Array.ForEach(lanes, lane => lane.Dispose());
        }
    });

    private void Count(int answers)
    {
        Acknowledged += answers;
        OnAnswers?.Invoke(answers);
    }

    /// <summary>Answers that come on one connection: those of every so-manieth stream.</summary>
    private int Share(int eventsEach, int connection) => (_targets.Length - connection + _connections - 1) / _connections * eventsEach;

    private sealed class Schedule(
        OpenLoopPublisher publisher, PacedConnection[] lanes, int events, CancellationToken cancellationToken) : IPaced
    {
        private int _next;

        public long? RunDue(long now)
        {
            var streams = publisher._targets.Length;
            while (_next < events && !cancellationToken.IsCancellationRequested)
            {
                var (stream, number) = (_next % streams, publisher._firstNumber + (_next / streams));
                var due = publisher.DueAt(stream, number);
                if (due > now)
                {
                    Flush();
                    return due;
                }

                lanes[stream % lanes.Length].Add(publisher._targets[stream].Number(number, 1).Span);
                _next++;
            }

            Flush();
            if (_next < events)
            {
                Array.ForEach(lanes, lane => lane.Dispose());
            }

            return null;
        }

        private void Flush() => Array.ForEach(lanes, lane => lane.Flush());
    }
}
