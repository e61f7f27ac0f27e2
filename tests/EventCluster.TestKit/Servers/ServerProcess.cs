using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace EventCluster.TestKit.Servers;

/// <summary>
/// The built server as a real process with a data folder of its own. URL and data outlive <see cref="KillAsync"/>, so
/// <see cref="RestartAsync"/> is what an operator would do after a crash.
/// </summary>
public sealed partial class ServerProcess : IAsyncDisposable
{
    private const int Terminate = 15;

    private readonly StringBuilder _output = new();
    private readonly HttpClient _probe = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly string _dll;
    private readonly bool _ownsData;
    private readonly IReadOnlyList<string> _furtherUrls;
    private Process? _process;

    private ServerProcess(string dll, string? dataPath, IReadOnlyList<string> furtherUrls)
    {
        _dll = dll;
        _furtherUrls = furtherUrls;
        _ownsData = dataPath is null;
        DataPath = dataPath ?? Directory.CreateTempSubdirectory("eventcluster-server-").FullName;
        Url = new Uri($"http://127.0.0.1:{FreePort.Next()}");
    }

    /// <summary>Where it listens.</summary>
    public Uri Url { get; }

    /// <summary>The data folder; removed at the end unless the caller named it.</summary>
    public string DataPath { get; }

    /// <summary>Everything the process and its predecessors wrote.</summary>
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

    /// <summary>The present process.</summary>
    public Process Process => _process ?? throw new InvalidOperationException("The server was never started.");

    /// <summary>Starts a server and waits until it is ready.</summary>
    /// <param name="dataPath">Its data folder; null for a temporary one.</param>
    /// <param name="arguments">Further arguments.</param>
    /// <param name="cancellationToken">The test's end.</param>
    /// <param name="furtherUrls">Addresses to listen on beside <see cref="Url"/>.</param>
    public static async Task<ServerProcess> StartAsync(
        string? dataPath, IReadOnlyList<string> arguments, CancellationToken cancellationToken, params string[] furtherUrls) =>
        await LaunchedAsync(new ServerProcess(ServerFiles.Dll, dataPath, furtherUrls), arguments, cancellationToken);

    /// <summary>Starts a server that was built elsewhere, of another commit say, and waits until it is ready.</summary>
    public static Task<ServerProcess> StartOfAsync(
        string dll, string? dataPath, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        LaunchedAsync(new ServerProcess(dll, dataPath, []), arguments, cancellationToken);

    /// <summary>Starts a node of a cluster and waits until it is ready.</summary>
    public static Task<ServerProcess> StartSiloAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        LaunchedAsync(new ServerProcess(ServerFiles.SiloDll, dataPath: null, []), arguments, cancellationToken);

    private static async Task<ServerProcess> LaunchedAsync(
        ServerProcess server, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        try
        {
            await server.RestartAsync(arguments, cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a server on a temporary data folder.</summary>
    public static Task<ServerProcess> StartAsync(CancellationToken cancellationToken, params string[] arguments) =>
        StartAsync(null, arguments, cancellationToken);

    /// <summary>Starts the process on the same URL and data, and waits until <c>/readyz</c> answers 200.</summary>
    public async Task RestartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        _process?.Dispose();
        _process = Launch(_dll, [.. arguments, "--urls", string.Join(';', [Url.ToString().TrimEnd('/'), .. _furtherUrls]), "--data", DataPath], Keep);
        var start = TimeProvider.System.GetTimestamp();
        while (!await IsReadyAsync(cancellationToken))
        {
            if (_process.HasExited)
            {
                await _process.WaitForExitAsync(cancellationToken);
                throw new InvalidOperationException($"The server ended with {_process.ExitCode} while starting:\n{Output}");
            }

            if (TimeProvider.System.GetElapsedTime(start) > Phase.HangGuard)
            {
                throw new TimeoutException($"/readyz did not answer 200 within {Phase.HangGuard}:\n{Output}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>True when <c>/readyz</c> answers 200.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _probe.GetAsync(new Uri(Url, "/readyz"), cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary><c>kill -9</c>: no handler runs.</summary>
    public async Task KillAsync()
    {
        Process.Kill();
        await Process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary><c>SIGTERM</c>; returns the exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        if (!Process.HasExited)
        {
            _ = SendSignal(Process.Id, Terminate);
        }

        await Phase.OfAsync("the server ends after SIGTERM", Process.WaitForExitAsync(CancellationToken.None));
        return Process.ExitCode;
    }

    /// <summary>Runs a one-shot mode to its end.</summary>
    public static async Task<ServerRun> RunAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var (output, error) = (new StringBuilder(), new StringBuilder());
        using var process = Launch(ServerFiles.Dll, arguments, (line, isError) => (isError ? error : output).Append(line).Append('\n'));
        try
        {
            await Phase.OfAsync("the process ends", process.WaitForExitAsync(cancellationToken));
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }

        return new ServerRun(process.ExitCode, output.ToString(), error.ToString());
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await KillAsync();
        }

        _process?.Dispose();
        _probe.Dispose();
        if (_ownsData)
        {
            Directory.Delete(DataPath, recursive: true);
        }
    }

    private static Process Launch(string dll, IReadOnlyList<string> arguments, Action<string, bool> keep)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.ArgumentList.Add(dll);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Forward(line.Data, isError: false);
        process.ErrorDataReceived += (_, line) => Forward(line.Data, isError: true);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;

        void Forward(string? line, bool isError)
        {
            if (line is not null)
            {
                keep(line, isError);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int SendSignal(int process, int signal);

    private void Keep(string line, bool isError)
    {
        lock (_output)
        {
            _output.Append(line).Append('\n');
        }
    }
}
