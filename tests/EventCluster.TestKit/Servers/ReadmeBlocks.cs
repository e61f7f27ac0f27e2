using System.Diagnostics;
using System.Text.RegularExpressions;

namespace EventCluster.TestKit.Servers;

/// <summary>The README's blocks in their order, and how its commands are run against a server under test.</summary>
public sealed partial class ReadmeBlocks
{
    /// <summary>The single node's address in the README.</summary>
    public const string Node = "http://127.0.0.1:4437";

    private ReadmeBlocks(string readme)
    {
        Shell = [.. Of("sh")];
        Outputs = [.. Of("text")];

        IEnumerable<string> Of(string language) =>
            BlockPattern().Matches(readme).Where(m => m.Groups["language"].Value == language).Select(m => m.Groups["text"].Value);
    }

    /// <summary>Commands.</summary>
    public IReadOnlyList<string> Shell { get; }

    /// <summary>What they print.</summary>
    public IReadOnlyList<string> Outputs { get; }

    /// <summary>Reads the README.</summary>
    public static async Task<ReadmeBlocks> ReadAsync(CancellationToken cancellationToken) =>
        new(await File.ReadAllTextAsync(Path.Combine(ServerFiles.Repository, "README.md"), cancellationToken));

    /// <summary>Runs a block of curl lines; answers what it printed.</summary>
    /// <param name="command">The block.</param>
    /// <param name="address">The address in it.</param>
    /// <param name="server">The address to use instead.</param>
    /// <param name="cancellationToken">The test's end.</param>
    public static async Task<string> RunAsync(string command, string address, Uri server, CancellationToken cancellationToken)
    {
        // A live stream does not end by itself: curl is told to leave.
        var line = command
            .Replace(address, server.ToString().TrimEnd('/'), StringComparison.Ordinal)
            .Replace("curl -N", "curl -N --max-time 3", StringComparison.Ordinal)
            .Replace("curl ", "curl --silent --show-error --noproxy '*' ", StringComparison.Ordinal);
        var start = new ProcessStartInfo("bash", ["-c", line]) { UseShellExecute = false, RedirectStandardOutput = true };
        using var bash = Process.Start(start)!;
        var output = await Phase.OfAsync("the command ends", bash.StandardOutput.ReadToEndAsync(cancellationToken));
        await bash.WaitForExitAsync(cancellationToken);
        return output;
    }

    /// <summary>Output with a word in place of the delay that is drawn for each connection.</summary>
    public static string WithoutDelay(string output) => RetryPattern().Replace(output, "retry: N");

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex BlockPattern();

    [GeneratedRegex(@"retry: \d+")]
    private static partial Regex RetryPattern();
}
