using System.Diagnostics;
using EventCluster.Benchmarks.Running;

namespace EventCluster.Benchmarks.Compare;

/// <summary>Publishes the server of a checkout into a folder of its own.</summary>
public static class Publishing
{
    private const int LinesShown = 20;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    /// <summary>Publishes; returns the server's DLL.</summary>
    /// <exception cref="SettingsException">The folder is no checkout, or does not build.</exception>
    public static async Task<string> PublishAsync(string checkout, string side, string folder, CancellationToken cancellationToken)
    {
        var project = Path.Combine(checkout, "src", "EventCluster.Server");
        if (!Directory.Exists(project))
        {
            throw new SettingsException($"--against '{checkout}' is no checkout of this repository: it has no src/EventCluster.Server.");
        }

        var output = Path.Combine(folder, side);
        var start = new ProcessStartInfo("dotnet", ["publish", project, "-c", "Release", "-o", output, "-v", "q", "--nologo", "-p:RunAnalyzers=false"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = checkout,
        };

        // Several times as fast where a compiler is running already.
        start.Environment["UseSharedCompilation"] = "true";
        using var process = Process.Start(start)!;
        var text = ReadAsync(process, cancellationToken);
        var begun = Stopwatch.GetTimestamp();
        while (!process.HasExited)
        {
            if (Stopwatch.GetElapsedTime(begun) > Limit || cancellationToken.IsCancellationRequested)
            {
                process.Kill(entireProcessTree: true);
                cancellationToken.ThrowIfCancellationRequested();
                throw new SettingsException($"The {side} server was not published within {Limit.TotalMinutes} minutes.");
            }

            BenchmarkContext.Progress($"publishing the {side} server ({checkout}): {Stopwatch.GetElapsedTime(begun).TotalSeconds:0} s");
            await Task.WhenAny(process.WaitForExitAsync(cancellationToken), Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, cancellationToken));
        }

        return process.ExitCode == 0
            ? Path.Combine(output, "EventCluster.Server.dll")
            : throw new SettingsException($"The {side} server cannot be published:\n{string.Join('\n', (await text).Split('\n').TakeLast(LinesShown))}");
    }

    /// <summary>The checkout's commit, as far as git tells it.</summary>
    public static string CommitOf(string checkout)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("git", ["-C", checkout, "describe", "--always", "--dirty=, changed"])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var commit = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0 ? commit : "no commit";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "unknown commit";
        }
    }

    private static async Task<string> ReadAsync(Process process, CancellationToken cancellationToken)
    {
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        return await process.StandardOutput.ReadToEndAsync(cancellationToken) + await error;
    }
}
