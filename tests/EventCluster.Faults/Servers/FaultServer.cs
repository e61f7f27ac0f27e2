using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;

namespace EventCluster.Faults.Servers;

/// <summary>
/// The built server as a process that may die or be refused at any moment, alone or under <c>strace</c>. The tracer runs beside it
/// (<c>-D</c>), so the process and its exit code are the server's own.
/// </summary>
internal sealed partial class FaultServer : IAsyncDisposable
{
    private const int Terminate = 15;
    private const int Kill = 9;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    private readonly StringBuilder _output = new();
    private readonly Process _process;

    private FaultServer(Process process, Uri url)
    {
        _process = process;
        Client = new HttpClient { BaseAddress = url, Timeout = Phase.HangGuard };
    }

    public HttpClient Client { get; }

    public bool HasEnded => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public int Id => _process.Id;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts a server; returns at once.</summary>
    /// <param name="data">Its folder.</param>
    /// <param name="tracer">Words of a tracer's command line before the server's; empty for none.</param>
    /// <param name="more">More arguments.</param>
    public static FaultServer Launch(string data, IReadOnlyList<string> tracer, params string[] more)
    {
        var url = new Uri($"http://127.0.0.1:{FreePort.Next()}");
        string[] words =
        [
            .. tracer, "dotnet", ServerFiles.Dll, "--urls", url.ToString().TrimEnd('/'), "--data", data,
            "--EventCluster:LocalDisk:SegmentBytes", "33554432",
            .. more,
        ];
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var server = new FaultServer(new Process { StartInfo = start }, url);
        server._process.OutputDataReceived += (_, line) => server.Keep(line.Data);
        server._process.ErrorDataReceived += (_, line) => server.Keep(line.Data);
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        return server;
    }

    /// <summary>Runs the command that salvages a folder; its exit code and everything it wrote.</summary>
    public static async Task<(int Code, string Told)> SalvageAsync(string from, string to)
    {
        var start = new ProcessStartInfo("dotnet", [ServerFiles.Dll, "--salvage", from, to])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var told = await Phase.OfAsync("a salvage ends", Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync()));
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(told));
    }

    /// <summary>Waits until it is ready or has ended; true for ready.</summary>
    /// <exception cref="TimeoutException">Neither within the hang guard.</exception>
    public async Task<bool> IsReadyAsync()
    {
        var since = Stopwatch.GetTimestamp();
        while (!HasEnded)
        {
            try
            {
                using var answer = await Client.GetAsync("/readyz");
                if (answer.IsSuccessStatusCode)
                {
                    return true;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet, or not any more.
            }

            // One that is alive and says that it cannot serve has been heard, too.
            if (Stopwatch.GetElapsedTime(since) > Phase.HangGuard)
            {
                throw new TimeoutException($"The server is neither ready nor has it ended after {Phase.HangGuard}:\n{Output}");
            }

            await Task.Delay(Poll, TimeProvider.System);
        }

        await _process.WaitForExitAsync();
        return false;
    }

    /// <summary>An orderly stop.</summary>
    /// <exception cref="TimeoutException">It does not end.</exception>
    public async Task StopAsync()
    {
        if (!HasEnded)
        {
            _ = Signal(Id, Terminate);
        }

        await Phase.OfAsync("the server ends after SIGTERM", _process.WaitForExitAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasEnded)
        {
            _ = Signal(Id, Kill);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        Client.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            lock (_output)
            {
                _output.Append(line).Append('\n');
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Signal(int process, int signal);
}
