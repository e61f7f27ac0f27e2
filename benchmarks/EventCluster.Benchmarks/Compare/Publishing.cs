using System.Diagnostics;
using EventCluster.Benchmarks.Running;

namespace EventCluster.Benchmarks.Compare;

/// <summary>Publishes a program of a checkout into a folder of its own.</summary>
public static class Publishing
{
    private const int LinesShown = 20;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    /// <summary>The server of one node.</summary>
    public const string Server = "EventCluster.Server";

    /// <summary>A node of a cluster.</summary>
    public const string Silo = "EventCluster.Silo";

    /// <summary>Publishes; returns the program's DLL.</summary>
    /// <exception cref="SettingsException">The folder is no checkout, or does not build.</exception>
    public static async Task<string> PublishAsync(
        string program, string checkout, string side, string folder, CancellationToken cancellationToken)
    {
        var project = Path.Combine(checkout, "src", program);
        if (!Directory.Exists(project))
        {
            throw new SettingsException($"--against '{checkout}' is no checkout of this repository: it has no src/{program}.");
        }

        var output = Path.Combine(folder, $"{side}-{program}");
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
                throw new SettingsException($"The {side} {program} was not published within {Limit.TotalMinutes} minutes.");
            }

            BenchmarkContext.Progress($"publishing the {side} {program} ({checkout}): {Stopwatch.GetElapsedTime(begun).TotalSeconds:0} s");
            await Task.WhenAny(process.WaitForExitAsync(cancellationToken), Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, cancellationToken));
        }

        return process.ExitCode == 0
            ? Path.Combine(output, $"{program}.dll")
            : throw new SettingsException($"The {side} {program} cannot be published:\n{string.Join('\n', (await text).Split('\n').TakeLast(LinesShown))}");
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
