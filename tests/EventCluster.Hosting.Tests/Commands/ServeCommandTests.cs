using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using EventCluster.Hosting.Commands;
using EventCluster.Hosting.Configuration;
using EventCluster.TestKit;
using Microsoft.AspNetCore.Builder;
using Xunit;

namespace EventCluster.Hosting.Tests.Commands;

public sealed class ServeCommandTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_InMemory_ServesAndEndsWithZero()
    {
        await using var server = await RunningServer.StartAsync("--EventCluster:Store", "memory");
        using var client = new HttpClient { BaseAddress = server.Url };

        using var ready = await client.GetAsync("/readyz", Token);
        using var made = await client.PutAsync("/v1/stream/a", new StringContent("x"), Token);

        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        Assert.Equal("memory", made.Headers.GetValues("Stream-Durability").Single());
        Assert.Equal(ExitCode.Success, await server.StopAsync());
        Assert.Equal("", server.Error);
    }

    [Fact]
    public async Task Run_StoppedAndStartedAgain_KeepsWhatItHad()
    {
        var data = Directory.CreateTempSubdirectory("eventcluster-serve-");
        try
        {
            await using (var first = await RunningServer.StartAsync("--data", data.FullName))
            {
                using var client = new HttpClient { BaseAddress = first.Url };
                using var made = await client.PutAsync("/v1/stream/a", new StringContent("kept"), Token);
                Assert.Equal("flushed", made.Headers.GetValues("Stream-Durability").Single());
                Assert.True(File.Exists(Path.Combine(data.FullName, "control.json")));
            }

            Assert.False(File.Exists(Path.Combine(data.FullName, "control.json")));
            await using var second = await RunningServer.StartAsync("--data", data.FullName);
            using var reader = new HttpClient { BaseAddress = second.Url };
            Assert.Equal("kept", await reader.GetStringAsync("/v1/stream/a", Token));
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    /// <summary>Goal: who is told to stop before it serves ends as asked. Method: the stop comes first.</summary>
    [Fact]
    public async Task Run_StoppedBeforeItServes_EndsWithZeroAndSaysNoFault()
    {
        using var error = new StringWriter();
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();

        var exit = await ServerCommand.RunAsync(
            ["--EventCluster:Store", "memory", "--urls", "http://127.0.0.1:0"], new Terminal(TextWriter.Null, error), stopped.Token);

        Assert.Equal((ExitCode.Success, ""), (exit, error.ToString()));
    }

    /// <summary>A signal stops the application, not the caller's token; another cancellation is a fault as before.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TryStart_CancelledWhileItStarts_IsAnOrderlyEndOnlyWhenItWasToldToStop(bool isToldToStop)
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        Task<bool> StartAsync() => NodeProcess.TryStartAsync(
            app,
            () =>
            {
                if (isToldToStop)
                {
                    app.Lifetime.StopApplication();
                }

                throw new TaskCanceledException();
            },
            Token);

        if (isToldToStop)
        {
            Assert.False(await StartAsync());
        }
        else
        {
            await Assert.ThrowsAsync<TaskCanceledException>(StartAsync);
        }
    }

    [Fact]
    public async Task Run_SeveralFaults_ReportsAllOfThemAndEndsWithTwo()
    {
        using var error = new StringWriter();

        var exit = await ServerCommand.RunAsync(
            ["--port", "80", "--EventCluster:LongPoll:Timeout=0", "--urls", "http://0.0.0.0:1"], new Terminal(TextWriter.Null, error), Token);

        var lines = error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(ExitCode.CannotStart, exit);
        Assert.Equal(3, lines.Length);
        Assert.All(lines, line => Assert.StartsWith("eventcluster: ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_DataFolderIsAFile_SaysWhatCannotBeCreated()
    {
        using var error = new StringWriter();
        var file = Path.GetTempFileName();

        var exit = await ServerCommand.RunAsync(["--urls", "http://127.0.0.1:0", "--data", file], new Terminal(TextWriter.Null, error), Token);

        File.Delete(file);
        Assert.Equal(ExitCode.CannotStart, exit);
        Assert.StartsWith($"eventcluster: Folder '{file}' cannot be created: ", error.ToString(), StringComparison.Ordinal);
        Assert.Single(error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("[::]")]
    [InlineData("0.0.0.0")]
    public async Task Run_OnAllAddresses_NamesOneThatWorksHere(string host)
    {
        await using var server = await RunningServer.StartAsync(
            "--urls", $"http://{host}:0", "--EventCluster:AllowUnauthenticated=true", "--EventCluster:Store=memory");
        using var client = new HttpClient { BaseAddress = server.Url };

        using var ready = await client.GetAsync("/readyz", Token);

        Assert.Equal("127.0.0.1", server.Url.Host);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
    }

    [Fact]
    public async Task Run_OnAllIPv4Addresses_DoesNotListenOnIPv6()
    {
        await using var server = await RunningServer.StartAsync(
            "--urls", "http://0.0.0.0:0", "--EventCluster:AllowUnauthenticated=true", "--EventCluster:Store=memory");

        var listeners = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners();

        Assert.Contains(new IPEndPoint(IPAddress.Any, server.Url.Port), listeners);
        Assert.DoesNotContain(new IPEndPoint(IPAddress.IPv6Any, server.Url.Port), listeners);
    }

    [Fact]
    public async Task Backup_WithoutToken_IsRefused()
    {
        await using var server = await RunningServer.StartAsync("--EventCluster:Store", "memory");
        using var client = new HttpClient { BaseAddress = server.Url };

        using var answer = await client.PostAsync("/v1/admin/backup?to=/nowhere", null, Token);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    /// <summary>
    /// Goal: a stop tells every live reader, cleanly. Method: 1,000 raw connections read a stream as EventSource; the server
    /// is stopped; each connection must end with the last chunk of its answer, after a retry field of its own.
    /// </summary>
    [Fact]
    public async Task Stop_WithThousandEventSources_EndsEveryAnswerCleanly()
    {
        const int Readers = 1_000;
        await using var server = await RunningServer.StartAsync("--EventCluster:Store", "memory");
        using var client = new HttpClient { BaseAddress = server.Url };
        using var made = await client.PutAsync("/v1/stream/a", new StringContent("first"), Token);
        var readers = await Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => OpenAsync(server.Url)));

        var started = TimeProvider.System.GetTimestamp();
        Assert.Equal(ExitCode.Success, await server.StopAsync());
        TestContext.Current.TestOutputHelper?.WriteLine($"stopped in {TimeProvider.System.GetElapsedTime(started).TotalMilliseconds:F0} ms");

        var ends = await Phase.OfAsync("all answers end", Task.WhenAll(readers.Select(ReadToEndAsync)));
        Assert.Equal(Readers, ends.Length);
        Assert.All(ends, end =>
        {
            Assert.StartsWith("retry: ", end.Split("\r\n")[1], StringComparison.Ordinal);
            Assert.EndsWith("\r\n0\r\n\r\n", end, StringComparison.Ordinal);
        });
    }

    private static async Task<TcpClient> OpenAsync(Uri url)
    {
        var connection = new TcpClient();
        await connection.ConnectAsync(url.Host, url.Port, Token);
        var request = $"GET /v1/stream/a?live=eventsource HTTP/1.1\r\nHost: {url.Authority}\r\n\r\n";
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request), Token);
        var seen = "";
        var buffer = new byte[4096];
        while (!seen.Contains("data: first\n\n\r\n", StringComparison.Ordinal))
        {
            var count = await connection.GetStream().ReadAsync(buffer, Token);
            Assert.NotEqual(0, count);
            seen += Encoding.ASCII.GetString(buffer, 0, count);
        }

        return connection;
    }

    private static async Task<string> ReadToEndAsync(TcpClient connection)
    {
        using (connection)
        {
            using var rest = new MemoryStream();
            await connection.GetStream().CopyToAsync(rest, Token);
            return Encoding.ASCII.GetString(rest.ToArray());
        }
    }
}
