using System.Diagnostics;
using System.Text.RegularExpressions;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.EndToEnd.Tests.Readme;

/// <summary>
/// Goal: what the README shows is what happens. Method: its shell blocks are run in their order against a real server,
/// its outputs are compared; only the address and the jittered delay differ.
/// </summary>
public sealed partial class ReadmeTests
{
    private const string Address = "http://127.0.0.1:4437";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Readme_CommandsRunInOrder_PrintWhatItSays()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(ServerFiles.Repository, "README.md"), Token);
        var shell = BlockPattern().Matches(readme).Where(m => m.Groups["language"].Value == "sh").Select(m => m.Groups["text"].Value).ToList();
        var outputs = BlockPattern().Matches(readme).Where(m => m.Groups["language"].Value == "text").Select(m => m.Groups["text"].Value).ToList();
        Assert.Equal("./run.sh\n", shell[0]);
        Assert.Equal("pkill -9 -f EventCluster.Server.dll\n./run.sh\n", shell[4]);
        await using var server = await ServerProcess.StartAsync(Token);

        var create = await RunAsync(server, shell[1]);
        var backlog = await RunAsync(server, shell[2]);
        var append = await RunAsync(server, shell[3]);
        await server.KillAsync();
        await server.RestartAsync([], Token);
        var afterwards = await RunAsync(server, shell[5]);

        Assert.Equal("", create);
        Assert.Equal(RetryPattern().Replace(outputs[0], "retry: N"), RetryPattern().Replace(backlog, "retry: N"));
        Assert.Equal("", append);
        Assert.Equal(outputs[1].TrimEnd('\n'), afterwards);
    }

    // A live stream does not end by itself: curl is told to leave.
    private static async Task<string> RunAsync(ServerProcess server, string command)
    {
        var address = server.Url.ToString().TrimEnd('/');
        var line = command
            .Replace(Address, address, StringComparison.Ordinal)
            .Replace("curl -N", "curl -N --max-time 3", StringComparison.Ordinal)
            .Replace("curl ", "curl --silent --show-error --noproxy '*' ", StringComparison.Ordinal);
        var start = new ProcessStartInfo("bash", ["-c", line]) { UseShellExecute = false, RedirectStandardOutput = true };
        using var bash = Process.Start(start)!;
        var output = await Phase.OfAsync("the command ends", bash.StandardOutput.ReadToEndAsync(Token));
        await bash.WaitForExitAsync(Token);
        return output;
    }

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex BlockPattern();

    [GeneratedRegex(@"retry: \d+")]
    private static partial Regex RetryPattern();
}
