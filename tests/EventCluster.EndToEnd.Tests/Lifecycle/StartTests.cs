using System.Net;
using System.Net.Sockets;
using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.EndToEnd.Tests.Lifecycle;

/// <summary>Starts that cannot succeed end with one line on standard error and exit code 2.</summary>
public sealed class StartTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_PortInUse_SaysSoInOneLine()
    {
        using var taken = new TcpListener(IPAddress.Loopback, FreePort.Next());
        taken.Start();
        var url = $"http://{taken.LocalEndpoint}";
        await AssertRefusedAsync(taken.LocalEndpoint.ToString()!, "--urls", url);
    }

    [Fact]
    public async Task Start_DataDirectoryInUse_SaysSoInOneLine()
    {
        await using var server = await ServerProcess.StartAsync(Token);
        await AssertRefusedAsync(server.DataPath, "--urls", $"http://127.0.0.1:{FreePort.Next()}", "--data", server.DataPath);
    }

    [Fact]
    public async Task Start_DataDirectoryIsAFile_SaysSoInOneLine()
    {
        var file = Path.GetTempFileName();
        try
        {
            await AssertRefusedAsync(file, "--urls", $"http://127.0.0.1:{FreePort.Next()}", "--data", file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Start_UnknownOption_NamesTheNearest() =>
        await AssertRefusedAsync("--urls", "--url", "http://127.0.0.1:1");

    [Theory]
    [InlineData("--help", "EventCluster:LongPoll:Timeout")]
    [InlineData("--version", "0.1.0")]
    public async Task Run_OneShotMode_PrintsAndExitsWithZero(string mode, string expected)
    {
        var run = await ServerProcess.RunAsync(Token, mode);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains(expected, run.Output, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task AssertRefusedAsync(string named, params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("eventcluster-refused-");
        try
        {
            string[] data = arguments.Contains("--data", StringComparer.Ordinal) ? [] : ["--data", folder.FullName];
            var run = await ServerProcess.RunAsync(Token, [.. arguments, .. data]);
            Assert.Equal(2, run.ExitCode);
            Assert.Contains(named, run.Error, StringComparison.Ordinal);
            Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
