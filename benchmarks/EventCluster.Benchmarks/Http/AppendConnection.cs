using System.Diagnostics;
using System.Net;
using System.Text;
using EventCluster.Benchmarks.Generator;
using EventCluster.Benchmarks.Running;

namespace EventCluster.Benchmarks.Http;

/// <summary>One keep-alive connection with one append outstanding. Every answer is checked.</summary>
public sealed class AppendConnection
{
    private const int BufferBytes = 4096;

    private readonly LoadGenerator _generator;
    private readonly IReadOnlyList<AppendTarget> _targets;
    private readonly long[] _lastSequences;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
    private int _next;

    /// <summary>A connection that starts at the given target.</summary>
    public AppendConnection(LoadGenerator generator, IReadOnlyList<AppendTarget> targets, int start)
    {
        _generator = generator;
        _targets = targets;
        _next = start % targets.Count;
        _lastSequences = new long[targets.Count];
    }

    /// <summary>Latencies of the measured part.</summary>
    public LatencyHistogram Latencies { get; } = new();

    /// <summary>Appends until the round ends.</summary>
    public async Task RunAsync(IPEndPoint server)
    {
        using var socket = await LoadSocket.ConnectAsync(server);
        while (!_generator.IsStopping)
        {
            var target = _targets[_next];
            var sent = Stopwatch.GetTimestamp();
            await socket.SendAsync(target.Request);
            var filled = 0;
            while (!IsWhole(filled))
            {
                var received = await socket.ReceiveAsync(_buffer.AsMemory(filled));
                filled += received > 0 ? received : throw Unexpected(filled);
            }

            var sequence = HttpAnswer.AppendedSequence(_buffer.AsSpan(0, filled));
            if (_generator.IsMeasuring)
            {
                Latencies.Record(Stopwatch.GetTimestamp() - sent);
            }

            Check(target, sequence);
            _next = _next + 1 == _targets.Count ? 0 : _next + 1;
        }
    }

    private void Check(AppendTarget target, long sequence)
    {
        if (sequence <= _lastSequences[_next])
        {
            throw new InvalidDataException($"{target.Path}: offset {sequence} was acknowledged after {_lastSequences[_next]}.");
        }

        _lastSequences[_next] = sequence;
        target.Acknowledge();
    }

    private bool IsWhole(int filled) => _buffer.AsSpan(0, filled).EndsWith("\r\n\r\n"u8)
        || (filled == BufferBytes ? throw Unexpected(filled) : false);

    private InvalidDataException Unexpected(int filled) =>
        new($"Not an acknowledgement: {Encoding.ASCII.GetString(_buffer, 0, filled)}");
}
