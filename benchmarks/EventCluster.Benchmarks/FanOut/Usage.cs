using System.Diagnostics;
using EventCluster.Benchmarks.Http;

namespace EventCluster.Benchmarks.FanOut;

/// <summary>Processor time of the server and of the generator over a stretch of time.</summary>
public sealed class Usage : IDisposable
{
    private readonly Process _self = Process.GetCurrentProcess();
    private readonly Process _server;
    private readonly TimeSpan _selfBefore;
    private readonly TimeSpan _serverBefore;
    private readonly long _start;

    /// <summary>Begins to count.</summary>
    public Usage(BenchmarkServer server)
    {
        _server = server.Process.Process;
        _server.Refresh();
        (_selfBefore, _serverBefore, _start) = (_self.TotalProcessorTime, _server.TotalProcessorTime, Stopwatch.GetTimestamp());
    }

    /// <summary>Resident memory of the server.</summary>
    public static long ResidentBytes(BenchmarkServer server)
    {
        server.Process.Process.Refresh();
        return server.Process.Process.WorkingSet64;
    }

    /// <summary>What was used per operation since the beginning.</summary>
    public (double PerSecond, double MicrosecondsEach, double GeneratorShare) Stop(long operations)
    {
        var elapsed = Stopwatch.GetElapsedTime(_start);
        _self.Refresh();
        _server.Refresh();
        var (self, server) = (_self.TotalProcessorTime - _selfBefore, _server.TotalProcessorTime - _serverBefore);
        return (operations / elapsed.TotalSeconds, server.TotalMicroseconds / operations, 100 * (self / (self + server)));
    }

    /// <inheritdoc />
    public void Dispose() => _self.Dispose();
}
