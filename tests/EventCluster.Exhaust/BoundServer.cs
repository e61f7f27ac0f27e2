using System.Diagnostics;
using System.Globalization;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;

namespace EventCluster.Exhaust;

/// <summary>The real server under limits of the system, and what it uses.</summary>
internal sealed class BoundServer : IAsyncDisposable
{
    private const string Kibibytes = " kB";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("eventcluster-exhaust-");
    private readonly List<ControlGroup> _groups = [];
    private readonly string _data;
    private readonly string _prefix;
    private readonly IReadOnlyList<string> _arguments;
    private readonly HttpClient _probe = new() { Timeout = TimeSpan.FromSeconds(5) };
    private Process? _process;

    private BoundServer(SystemBounds bounds, string? data, IReadOnlyList<string> arguments)
    {
        _data = data ?? Path.Combine(_folder.FullName, "data");
        _arguments = arguments;
        _prefix = Prefix(bounds);
    }

    public Uri Url { get; } = new($"http://127.0.0.1:{FreePort.Next()}");

    public Uri Http2Url { get; } = new($"http://127.0.0.1:{FreePort.Next()}");

    /// <summary>How the limits were set, for the table.</summary>
    public string How { get; private set; } = "";

    /// <summary>What it wrote.</summary>
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    public bool HasExited => _process!.HasExited;

    private string LogFile => Path.Combine(_folder.FullName, "log");

    /// <summary>Starts one and waits until it is ready; null with a reason when a limit cannot be set on this machine.</summary>
    public static async Task<BoundServer> StartAsync(
        SystemBounds bounds, string? data = null, params string[] arguments)
    {
        var server = new BoundServer(bounds, data, arguments);
        try
        {
            await server.RestartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the process on the same data, and waits until it serves.</summary>
    public async Task RestartAsync()
    {
        _process?.Dispose();
        var start = new ProcessStartInfo("bash") { UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(
            $"{_prefix} exec dotnet '{ServerFiles.Dll}' --urls {Address(Url)} --EventCluster:Http2Url={Address(Http2Url)} --data '{_data}' "
            + $"--EventCluster:LogFormat=json {string.Join(' ', _arguments)} >>'{LogFile}' 2>&1 </dev/null");
        _process = Process.Start(start)!;
        var begun = Stopwatch.StartNew();
        while (!await AnswersAsync("/healthz"))
        {
            if (_process.HasExited || begun.Elapsed > Phase.HangGuard)
            {
                throw new InvalidOperationException($"the server did not start ({(_process.HasExited ? _process.ExitCode : "no answer")}): {Tail()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>The last lines of the log.</summary>
    public string Tail() => string.Join(" / ", Log.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(3).Select(static line => line[..Math.Min(line.Length, 300)]));

    public async Task<bool> AnswersAsync(string path)
    {
        try
        {
            using var answer = await _probe.GetAsync(new Uri(Url, path));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    /// <summary>What the process uses now.</summary>
    public ServerUse Use()
    {
        var id = _process!.Id;
        long Status(string key) => long.Parse(
            File.ReadLines($"/proc/{id}/status").First(line => line.StartsWith(key, StringComparison.Ordinal))[key.Length..]
                .Replace(Kibibytes, "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
        return new ServerUse(
            Status("VmRSS:") / 1024, Directory.GetFileSystemEntries($"/proc/{id}/fd").Length, (int)Status("Threads:"));
    }

    /// <summary><c>kill -9</c>.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM; the exit code, or null when it does not end.</summary>
    public async Task<int?> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        using var guard = new CancellationTokenSource(Phase.HangGuard);
        try
        {
            await _process.WaitForExitAsync(guard.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await KillAsync();
        }

        _process?.Dispose();
        _probe.Dispose();
        _groups.ForEach(static group => group.Dispose());
        _folder.Delete(recursive: true);
    }

    private static string Address(Uri url) => url.ToString().TrimEnd('/');

    private string Prefix(SystemBounds bounds)
    {
        List<string> steps = [];
        List<string> how = [];
        if (bounds.Descriptors is { } descriptors)
        {
            steps.Add($"ulimit -n {descriptors};");
            how.Add($"ulimit -n {descriptors}");
        }

        if (bounds.MemoryMiB is { } memory)
        {
            var bytes = (long)memory * 1024 * 1024;
            if (ControlGroup.TryMake("memory", bytes, "memory.limit_in_bytes", "memory.max") is { } group)
            {
                Add(group, $"cgroup memory {memory} MiB");
            }
            else
            {
                steps.Add($"export DOTNET_GCHeapHardLimit=0x{bytes:x};");
                how.Add($"GCHeapHardLimit {memory} MiB");
            }
        }

        if (bounds.Threads is { } threads)
        {
            var group = ControlGroup.TryMake("pids", threads, "pids.max") ?? throw new CannotBoundException("cgroup pids cannot be written");
            Add(group, $"pids.max {threads}");
        }

        How = string.Join(", ", how);
        return string.Join(' ', steps);

        void Add(ControlGroup group, string what)
        {
            _groups.Add(group);
            steps.Add($"echo $$ > {group.Join};");
            how.Add(what);
        }
    }
}
