using System.Diagnostics;

namespace EventCluster.Benchmarks.Subjects;

/// <summary>Processor time of the server and of the generator over a stretch of time.</summary>
public sealed class Usage : IDisposable
{
    private readonly Process _self = Process.GetCurrentProcess();
    private readonly ProcessTree _server;
    private readonly TimeSpan _selfBefore;
    private readonly TimeSpan _serverBefore;
    private readonly long _start;

    /// <summary>Begins to count.</summary>
    public Usage(ProcessTree server)
    {
        _server = server;
        (_selfBefore, _serverBefore, _start) = (_self.TotalProcessorTime, server.ProcessorTime, Stopwatch.GetTimestamp());
    }

    /// <summary>What was used per operation since the beginning.</summary>
    public (double PerSecond, double MicrosecondsEach, double GeneratorShare) Stop(long operations)
    {
        var elapsed = Stopwatch.GetElapsedTime(_start);
        _self.Refresh();
        var (self, server) = (_self.TotalProcessorTime - _selfBefore, _server.ProcessorTime - _serverBefore);
        return (operations / elapsed.TotalSeconds, server.TotalMicroseconds / Math.Max(1, operations), 100 * (self / (self + server)));
    }

    /// <inheritdoc />
    public void Dispose() => _self.Dispose();
}
