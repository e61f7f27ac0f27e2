using System.Diagnostics;
using System.Text.Json;

namespace EventCluster.TestKit.Servers;

/// <summary>The built benchmarks as a process, so that none rots.</summary>
public static class BenchmarkProcess
{
    /// <summary>A hang guard: one of them starts a cluster, on a machine that may be busy.</summary>
    private static readonly TimeSpan Limit = 5 * Phase.HangGuard;

    /// <summary>Runs one with its smallest sizes; answers what it reported, rows and notes.</summary>
    /// <param name="name">Which one.</param>
    /// <param name="cancellationToken">The test's end.</param>
    /// <param name="arguments">Further arguments.</param>
    /// <exception cref="InvalidDataException">It failed, or reported no rows, or a row without a figure.</exception>
    public static async Task<IReadOnlyList<JsonElement>> RunTinyAsync(
        string name, CancellationToken cancellationToken, params string[] arguments)
    {
        using var process = Start(name, arguments);
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken).WaitAsync(Limit, TimeProvider.System, cancellationToken);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        if (process.ExitCode != 0)
        {
            throw new InvalidDataException($"{name} ended with {process.ExitCode}: {await output}{await error}");
        }

        using var report = JsonDocument.Parse(await output);
        var rows = report.RootElement.GetProperty("rows").EnumerateArray().Select(row => row.Clone()).ToArray();
        var isWhole = report.RootElement.GetProperty("benchmark").GetString() == name && rows.Length > 0
            && Array.TrueForAll(rows, row => row.GetProperty("medians").EnumerateObject().First().Value.GetDouble() > 0);
        return isWhole ? rows : throw new InvalidDataException($"{name} reported: {await output}");
    }

    private static Process Start(string name, string[] arguments)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

        // That of messages between silos needs Orleans, so it is a program of its own.
        var (project, names) = name == "messages" ? ("EventCluster.Benchmarks.Messages", (string[])[]) : ("EventCluster.Benchmarks", [name]);
        var program = Path.Combine(ServerFiles.Repository, "benchmarks", project, "bin", configuration, "net10.0", $"{project}.dll");
        return Process.Start(new ProcessStartInfo("dotnet", [program, .. names, "--tiny", "--json", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }
}
