using System.Diagnostics;
using System.Text.RegularExpressions;
using EventCluster.TestKit;

namespace EventCluster.Faults.Crashes;

/// <summary>Command lines of <c>strace</c>, and what it writes down.</summary>
internal static partial class Tracer
{
    /// <summary>Calls that change something on the disk, with the errors that each of them can have.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> Calls = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["openat"] = ["EMFILE", "ENOMEM", "ENOSPC"],
        ["mkdir"] = ["EIO", "ENOSPC"],
        ["write"] = ["EIO", "ENOSPC", "EINTR"],
        ["pwrite64"] = ["EIO", "ENOSPC", "EINTR"],
        ["pwritev"] = ["EIO", "ENOSPC", "EINTR"],
        ["pwritev2"] = ["EIO", "ENOSPC", "EINTR"],
        ["fdatasync"] = ["EIO", "ENOSPC", "EINTR"],
        ["fsync"] = ["EIO", "EINTR"],
        ["rename"] = ["EIO", "ENOSPC"],
        ["renameat2"] = ["EIO", "ENOSPC"],
        ["unlink"] = ["EIO"],
        ["unlinkat"] = ["EIO"],
        ["ftruncate"] = ["EIO", "ENOSPC", "EINTR"],
        ["fallocate"] = ["EIO", "ENOSPC", "ENOMEM", "EINTR"],
    };

    /// <summary>True if the tool is there.</summary>
    public static bool IsInstalled => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, "strace")));

    /// <summary>
    /// Words before the traced command. Without <c>--seccomp-bpf</c>, with which injected signals are ignored.
    /// </summary>
    public static string[] Words(string trace, IEnumerable<string> paths, Injection? injection) =>
    [
        "strace", "-D", "-f", "-qq", "-y", "-o", trace, "-e", $"trace={injection?.Call ?? string.Join(',', Calls.Keys.Select(call => "?" + call))}",
        .. paths.SelectMany(path => new[] { "-P", path }),
        .. injection is null ? Array.Empty<string>() : ["-e", injection.Expression],
    ];

    /// <summary>Attaches to all threads of a running process; the tracer ends with it.</summary>
    public static async Task<Process> AttachAsync(int process, string trace, IEnumerable<string> paths, Injection? injection)
    {
        var words = Words(trace, paths, injection).Where(word => word is not ("-D" or "-qq")).ToArray();
        var start = new ProcessStartInfo(words[0], [.. words[1..], "-p", $"{process}"]) { UseShellExecute = false, RedirectStandardError = true };
        var attached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var tracer = new Process { StartInfo = start };
        tracer.ErrorDataReceived += (_, line) =>
        {
            // "Process N attached with M threads", or the end.
            if (line.Data is null || line.Data.Contains("attached", StringComparison.Ordinal))
            {
                attached.TrySetResult();
            }
        };
        tracer.Start();
        tracer.BeginErrorReadLine();
        await Phase.OfAsync("strace attaches", attached.Task);
        return tracer;
    }

    /// <summary>Calls and files of a trace, each once, in the order in which they were first seen.</summary>
    public static IReadOnlyList<(string Call, string Path)> Read(string trace, string folder)
    {
        var seen = new List<(string, string)>();
        foreach (var line in File.ReadLines(trace))
        {
            var call = CallPattern().Match(line);
            if (!call.Success || !Calls.ContainsKey(call.Groups["name"].Value))
            {
                continue;
            }

            var path = PathPattern().Matches(call.Groups["arguments"].Value).Select(match => match.Value).FirstOrDefault(
                path => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal));
            if (path is not null && !seen.Contains((call.Groups["name"].Value, path)))
            {
                seen.Add((call.Groups["name"].Value, path));
            }
        }

        return seen;
    }

    /// <summary>The fault of this trace happened.</summary>
    public static bool Happened(string trace) => File.Exists(trace) && File.ReadAllText(trace).Contains("(INJECTED)", StringComparison.Ordinal);

    [GeneratedRegex(@"^(\d+ +)?(?<name>\w+)\((?<arguments>.*)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CallPattern();

    [GeneratedRegex(@"/[^<>""]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PathPattern();
}
