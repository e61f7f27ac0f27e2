using System.Diagnostics;
using EventCluster.TestKit.Servers;

namespace EventCluster.Failover.Partitions;

/// <summary>The process of a silo in its namespace; its log goes to a file.</summary>
internal sealed class NamespaceSilo : IAsyncDisposable
{
    private readonly Process _process;

    /// <summary>What <c>infra/local-cluster.sh build</c> published, unless <c>EVENTCLUSTER_SILO_DLL</c> names another build.</summary>
    private static string Dll { get; } = Environment.GetEnvironmentVariable("EVENTCLUSTER_SILO_DLL") ?? LocalCluster.SiloDll;

    private NamespaceSilo(Process process) => _process = process;

    /// <summary>How it ended; null while it runs.</summary>
    public int? ExitCode => _process.HasExited ? _process.ExitCode : null;

    /// <summary>Starts it and does not wait.</summary>
    public static NamespaceSilo Start(string name, IReadOnlyList<string> enter, IReadOnlyDictionary<string, string> environment, string log)
    {
        // The process keeps its id through both programs that only become the next one, so a signal reaches the silo itself.
        const string Script = "exec >>\"$0\" 2>&1 </dev/null; exec \"$@\"";
        var start = new ProcessStartInfo("bash", ["-c", Script, log, .. enter, "dotnet", Dll]) { UseShellExecute = false };
        foreach (var (key, value) in environment)
        {
            start.Environment[key] = value;
        }

        return new NamespaceSilo(Process.Start(start) ?? throw new InvalidOperationException($"{name} could not be started."));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
