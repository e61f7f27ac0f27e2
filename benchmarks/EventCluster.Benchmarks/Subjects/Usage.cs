using System.Diagnostics;
using EventCluster.Benchmarks.Generator;

namespace EventCluster.Benchmarks.Subjects;

/// <summary>Processor time of the server and of the generator, and the bytes that arrive at it, over a stretch of time.</summary>
public sealed class Usage
{
    private readonly ProcessTree _server;
    private readonly TimeSpan _selfBefore;
    private readonly TimeSpan _serverBefore;
    private readonly long _bytesBefore;
    private readonly long _start;

    /// <summary>Begins to count.</summary>
    public Usage(ProcessTree server)
    {
        _server = server;
        _bytesBefore = LoadLoop.Current.BytesReceived;
        (_selfBefore, _serverBefore, _start) = (Libc.ProcessorTime(Environment.ProcessId), server.ProcessorTime, Stopwatch.GetTimestamp());
    }

    /// <summary>What was used per operation since the beginning.</summary>
    public (double PerSecond, double MicrosecondsEach, double GeneratorShare, double BytesEach) Stop(long operations)
    {
        var elapsed = Stopwatch.GetElapsedTime(_start);
        var (self, server) = (Libc.ProcessorTime(Environment.ProcessId) - _selfBefore, _server.ProcessorTime - _serverBefore);
        var each = Math.Max(1, operations);
        return (
            operations / elapsed.TotalSeconds,
            server.TotalMicroseconds / each,
            100 * (self / (self + server)),
            (double)(LoadLoop.Current.BytesReceived - _bytesBefore) / each);
    }
}
