using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace EventCluster.Benchmarks.Clients;

/// <summary>
/// Appends at a fixed rate, whether answers come or not. Latencies count from the time that an event was due, so a server
/// that stalls cannot slow down what it is measured by.
/// </summary>
public sealed partial class OpenLoopPublisher : IDisposable
{
    private readonly AppendRequests[] _targets;
    private readonly Socket[] _sockets;
    private readonly double _perSecond;
    private long _acknowledged;
    private int _firstNumber;
    private int _nextNumber;

    /// <summary>A publisher of events to streams in turn.</summary>
    /// <param name="heads">Request line and headers of an append to each stream.</param>
    /// <param name="perSecond">Events per second, over all streams.</param>
    /// <param name="server">Where to.</param>
    /// <param name="connections">Connections at most; streams share them when there are more.</param>
    public OpenLoopPublisher(IReadOnlyList<byte[]> heads, double perSecond, IPEndPoint server, int connections = 64)
    {
        _targets = [.. heads.Select(head => new AppendRequests(head, 1))];
        _perSecond = perSecond;
        _sockets = new Socket[Math.Min(connections, heads.Count)];
        for (var i = 0; i < _sockets.Length; i++)
        {
            _sockets[i] = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            _sockets[i].Connect(server);
        }
    }

    /// <summary>Acknowledged appends.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>When the first event is due, in timestamps; known once it runs.</summary>
    public long Start { get; private set; }

    /// <summary>When an event of a stream is due.</summary>
    public long DueAt(int stream, int number) =>
        Start + (long)(Stopwatch.Frequency / _perSecond * (((long)(number - _firstNumber) * _targets.Length) + stream));

    /// <summary>Appends a number of events to each stream, numbered on from the last run; returns when all are acknowledged.</summary>
    public async Task RunAsync(int eventsEach, CancellationToken cancellationToken)
    {
        var events = eventsEach * _targets.Length;
        (_firstNumber, _nextNumber) = (_nextNumber, _nextNumber + eventsEach);
        Start = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 20);
        var answers = _sockets.Select((_, i) => CountAsync(i, Share(eventsEach, i), cancellationToken)).ToArray();
        var sending = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Send(events, sending, cancellationToken)) { IsBackground = true, Name = "publisher" }.Start();
        await sending.Task;
        await Task.WhenAll(answers);
    }

    /// <inheritdoc />
    public void Dispose() => Array.ForEach(_sockets, socket => socket.Dispose());

    /// <summary>Sleeps more exactly than timers do.</summary>
    [LibraryImport("libc", EntryPoint = "usleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Sleep(uint microseconds);

    /// <summary>Answers that come on one connection: those of every so-manieth stream.</summary>
    private int Share(int eventsEach, int socket) =>
        (_targets.Length - socket + _sockets.Length - 1) / _sockets.Length * eventsEach;

    private void Send(int events, TaskCompletionSource sent, CancellationToken cancellationToken)
    {
        try
        {
            for (var i = 0; i < events && !cancellationToken.IsCancellationRequested; i++)
            {
                var (target, number) = (i % _targets.Length, _firstNumber + (i / _targets.Length));
                for (var due = DueAt(target, number); Stopwatch.GetTimestamp() < due;)
                {
                    var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
                    _ = Sleep((uint)Math.Clamp(left.TotalMicroseconds, 50, 20_000));
                }

                for (var rest = _targets[target].Number(number, 1).Span; !rest.IsEmpty;)
                {
                    rest = rest[_sockets[target % _sockets.Length].Send(rest)..];
                }
            }

            sent.SetResult();
        }
        catch (Exception e)
        {
            sent.SetException(e);
        }
    }

    private async Task CountAsync(int socket, int share, CancellationToken cancellationToken)
    {
        var answers = new AnswerCount();
        while (share > 0)
        {
            var answered = answers.Take(await _sockets[socket].ReceiveAsync(answers.Room, cancellationToken));
            Interlocked.Add(ref _acknowledged, answered);
            share -= answered;
        }
    }
}
