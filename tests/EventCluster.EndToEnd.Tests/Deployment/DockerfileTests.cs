using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.EndToEnd.Tests.Deployment;

/// <summary>The commands of the image, run here: what it publishes starts, and its health check tells life from death.</summary>
public sealed partial class DockerfileTests
{
    private static readonly string _dockerfile = File.ReadAllText(Path.Combine(ServerFiles.Repository, "infra", "Dockerfile"));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The programs whose packages were found here; the silo's may be missing.</summary>
    public static TheoryData<string> Programs =>
        [.. new[] { "EventCluster.Server", "EventCluster.Silo" }.Where(project =>
            File.Exists(Path.Combine(ServerFiles.Repository, "src", project, "obj", "project.assets.json")))];

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task PublishCommand_OfAProgram_MakesOneThatStarts(string project)
    {
        var folder = Directory.CreateTempSubdirectory("eventcluster-publish-").FullName;
        var command = PublishLine().Match(_dockerfile).Groups["it"].Value
            .Replace("$PROJECT", project, StringComparison.Ordinal).Replace("/app", folder, StringComparison.Ordinal);

        var published = await ShellAsync(command + " -v q");
        Assert.True(published.Code == 0, published.Output);
        var run = await ShellAsync($"dotnet {folder}/{project}.dll --version");

        Assert.StartsWith("EventCluster ", run.Output, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task HealthCheck_OfARunningAndOfAnEndedServer_TellsThemApart()
    {
        var words = JsonSerializer.Deserialize<string[]>(HealthLine().Match(_dockerfile).Groups["it"].Value)!;
        await using var server = await ServerProcess.StartAsync(Cancellation);
        words[^1] = words[^1].Replace("/4437", $"/{server.Url.Port}", StringComparison.Ordinal);

        Assert.Equal(0, (await RunAsync(words)).Code);
        await server.KillAsync();
        Assert.NotEqual(0, (await RunAsync(words)).Code);
    }

    [Fact]
    public void Image_RunsAsAnOrdinaryUserOnItsOwnData()
    {
        var final = _dockerfile[_dockerfile.LastIndexOf("\nFROM ", StringComparison.Ordinal)..];

        Assert.Contains("\nUSER $APP_UID\n", final, StringComparison.Ordinal);
        Assert.Contains("chown $APP_UID /data", final, StringComparison.Ordinal);
        Assert.Contains("EventCluster__DataPath=/data", final, StringComparison.Ordinal);
        Assert.DoesNotContain("sdk", final, StringComparison.Ordinal);
    }

    private static Task<(int Code, string Output)> ShellAsync(string command) => RunAsync("/bin/sh", "-c", command);

    private static async Task<(int Code, string Output)> RunAsync(params string[] words)
    {
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            WorkingDirectory = ServerFiles.Repository,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Cancellation), process.StandardError.ReadToEndAsync(Cancellation));
        await process.WaitForExitAsync(Cancellation).WaitAsync(Phase.HangGuard * 5, TimeProvider.System, Cancellation);
        return (process.ExitCode, await output + await error);
    }

    [GeneratedRegex("^RUN (?<it>dotnet publish .*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex PublishLine();

    [GeneratedRegex(@"^HEALTHCHECK .*\\\n\s+CMD (?<it>\[.*\])$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex HealthLine();
}
