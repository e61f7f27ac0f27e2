using System.Diagnostics;
using System.Globalization;
using EventCluster.EndToEnd.Tests.Http;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.EndToEnd.Tests.Lifecycle;

/// <summary>Standard output that nobody reads: its pipe is full before the server writes its first line.</summary>
public sealed class LogOutputTests
{
    private const int PipeBytes = 64 * 1024;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("json")]
    [InlineData("console")]
    public async Task StandardOutput_IsNotRead_ServerStartsAppendsAndStops(string format)
    {
        var data = Directory.CreateTempSubdirectory("eventcluster-log-");
        var url = new Uri($"http://127.0.0.1:{FreePort.Next()}");
        var start = new ProcessStartInfo("bash") { UseShellExecute = false, RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(
            $"head -c {PipeBytes} /dev/zero; exec dotnet '{ServerFiles.Dll}' --urls {url.ToString().TrimEnd('/')} --data '{data.FullName}' "
            + $"--EventCluster:LogFormat={format} --EventCluster:LogLevel=Trace </dev/null");
        using var process = Process.Start(start)!;
        try
        {
            using (var client = new StreamClient(url))
            {
                await Phase.UntilAsync("the server answers", () => Answers(url), Token);
                await client.CreateAsync("s", "text/plain", "0", Token);
                for (var i = 0; i < 50; i++)
                {
                    await client.AppendAsync("s", "text/plain", $"{i}", Token);
                }
            }

            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            await Phase.OfAsync("the server ends after SIGTERM", process.WaitForExitAsync(Token));
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }

            data.Delete(recursive: true);
        }
    }

    /// <summary>SIGHUP is no reason to end.</summary>
    [Fact]
    public async Task Hangup_OfARunningServer_GoesOn()
    {
        await using var server = await ServerProcess.StartAsync(Token);
        using var kill = Process.Start("kill", ["-HUP", server.Process.Id.ToString(CultureInfo.InvariantCulture)]);
        await Phase.UntilAsync("the signal is logged", () => server.Output.Contains("SIGHUP: certificates and log level", StringComparison.Ordinal), Token);
        Assert.True(await server.IsReadyAsync(Token));
        Assert.Equal(0, await server.TerminateAsync());
    }

    private static bool Answers(Uri url)
    {
        using var client = new System.Net.Sockets.TcpClient();
        try
        {
            client.Connect(url.Host, url.Port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
