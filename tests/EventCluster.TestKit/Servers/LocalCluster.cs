using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace EventCluster.TestKit.Servers;

/// <summary>A cluster of real processes, run by <c>infra/local-cluster.sh</c> in a folder of its own.</summary>
public sealed class LocalCluster : IAsyncDisposable
{
    /// <summary>A hang guard: a cold start of five processes on a busy machine takes a minute.</summary>
    private static readonly TimeSpan ScriptLimit = TimeSpan.FromMinutes(4);

    private const int StartAttempts = 3;

    private const int LastLines = 40;

    private readonly ConcurrentDictionary<string, bool> _meant = new(StringComparer.Ordinal);
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly LocalClusterSetup _setup;
    private readonly string _folder;

    private LocalCluster(LocalClusterSetup setup, string folder)
    {
        (_setup, _folder) = (setup, folder);
    }

    /// <summary>What the script runs as a silo; it is not built by it.</summary>
    public static string SiloDll { get; } = Path.Combine(
        ServerFiles.Repository, "artifacts", "silo", "EventCluster.Silo.dll");

    /// <summary>The load balancer's port.</summary>
    public int Port => _setup.Port;

    /// <summary>Where clients connect.</summary>
    public Uri Url => new($"http://127.0.0.1:{Port}");

    /// <summary>Where PostgreSQL itself listens.</summary>
    public int PostgresPort => Port + 1;

    /// <summary>Data, logs and what was started.</summary>
    public string Folder => _folder;

    /// <summary>Starts silos, edges, a store and a load balancer, and waits until all are ready.</summary>
    public static async Task<LocalCluster> UpAsync(LocalClusterSetup setup, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("eventcluster-cluster-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            // PostgreSQL refuses root and must reach its data as another user.
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }

        var cluster = new LocalCluster(setup, folder);
        try
        {
            await cluster.RunAsync(setup.Words, cancellationToken);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>What runs, as the script says.</summary>
    public async Task<IReadOnlyList<ClusterProcess>> StatusAsync(CancellationToken cancellationToken)
    {
        using var status = JsonDocument.Parse(await RunAsync(["status", "--json"], cancellationToken));
        return [.. status.RootElement.GetProperty("processes").EnumerateArray().Select(process => new ClusterProcess(
            process.GetProperty("name").GetString()!,
            process.GetProperty("pid").GetInt32(),
            new Uri(process.GetProperty("url").GetString()!),
            process.GetProperty("state").GetString() == "running"))];
    }

    /// <summary>Running processes of a role, <c>backlog</c> or <c>edge</c>.</summary>
    public async Task<IReadOnlyList<ClusterProcess>> OfRoleAsync(string role, CancellationToken cancellationToken) =>
        [.. (await StatusAsync(cancellationToken)).Where(process => process.IsRunning && process.Name.StartsWith(role, StringComparison.Ordinal))];

    /// <summary>How PostgreSQL itself is reached, without what may stand before it.</summary>
    public async Task<string> ConnectionStringAsync(CancellationToken cancellationToken) =>
        (await File.ReadAllTextAsync(Path.Combine(_folder, "run", "connection"), cancellationToken)).Trim();

    /// <summary>Names of the streams that a silo owns now.</summary>
    public async Task<IReadOnlyCollection<string>> OwnedAsync(ClusterProcess silo, CancellationToken cancellationToken)
    {
        using var answer = JsonDocument.Parse(await _http.GetStringAsync(new Uri(silo.Url, "/v1/admin/owned"), cancellationToken));
        return answer.RootElement.GetProperty("streams").EnumerateArray().Select(name => name.GetString()!)
            .ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Starts one more, and gives it when it is ready.</summary>
    public async Task<ClusterProcess> AddAsync(string role, CancellationToken cancellationToken)
    {
        var last = RunFiles().Select(file => file.Split('-')).Where(parts => parts[0] == role).Max(parts => int.Parse(parts[1], null));
        var name = $"{role}-{last + 1}";
        await UntilStartedAsync(name, ["add", role], cancellationToken);
        return (await StatusAsync(cancellationToken)).Single(process => process.Name == name);
    }

    /// <summary>Starts one again that has ended, with its name and ports.</summary>
    public Task StartAsync(string name, CancellationToken cancellationToken) =>
        UntilStartedAsync(name, ["start", name], cancellationToken);

    /// <summary>SIGTERM, until it is gone.</summary>
    public Task StopAsync(string name, CancellationToken cancellationToken)
    {
        _meant[name] = true;
        return RunAsync(["stop", name], cancellationToken);
    }

    /// <summary>Silos that have ended though nobody asked them to.</summary>
    public IReadOnlyList<string> EndedByThemselves() =>
        [.. RunFiles().Where(name => !_meant.ContainsKey(name) && !IsAlive(name))];

    /// <summary>An orderly restart of the store.</summary>
    public Task RestartStoreAsync(CancellationToken cancellationToken) =>
        RunScriptAsync("postgres.sh", ["restart", Path.Combine(_folder, "postgres"), "fast"], cancellationToken);

    /// <summary>Sends a signal to one process, which may end for it.</summary>
    public void Signal(ClusterProcess process, string signal)
    {
        _meant[process.Name] = true;
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Pid}"]);
        kill.WaitForExit();
    }

    /// <summary>Copies the logs of all processes, for a run that went wrong.</summary>
    /// <param name="name">A folder under <c>artifacts/failover</c>.</param>
    /// <returns>Where they are now.</returns>
    public string KeepLogs(string name)
    {
        var target = Directory.CreateDirectory(Path.Combine(ServerFiles.Repository, "artifacts", "failover", name)).FullName;
        foreach (var log in Directory.EnumerateFiles(Path.Combine(_folder, "logs")))
        {
            File.Copy(log, Path.Combine(target, Path.GetFileName(log)), overwrite: true);
        }

        return target;
    }

    /// <summary>Ends everything and removes the folder; what a process said that is gone already goes to standard error.</summary>
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await TellOfTheDeadAsync();
        await RunAsync(["down"], CancellationToken.None);
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>One that the others vote out while it joins ends; a supervisor would start it again.</summary>
    private async Task UntilStartedAsync(string name, string[] words, CancellationToken cancellationToken)
    {
        _meant[name] = true;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await RunAsync(words, cancellationToken);
                _meant.TryRemove(name, out _);
                return;
            }
            catch (InvalidOperationException) when (attempt < StartAttempts && !IsAlive(name))
            {
                words = ["start", name];
            }
        }
    }

    private IEnumerable<string> RunFiles() => Directory.EnumerateFiles(Path.Combine(_folder, "run")).Select(Path.GetFileName)
        .Where(name => name!.StartsWith("backlog-", StringComparison.Ordinal) || name.StartsWith("edge-", StringComparison.Ordinal))!;

    private bool IsAlive(string name)
    {
        try
        {
            // "pid start-time port"; the state comes behind the name of the program, which is in parentheses.
            var pid = File.ReadAllText(Path.Combine(_folder, "run", name)).Split(' ')[0];
            return File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1][0] is not 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task TellOfTheDeadAsync()
    {
        if (!File.Exists(Path.Combine(_folder, "run", "settings")))
        {
            // It never started; its script said why.
            return;
        }

        foreach (var gone in (await StatusAsync(CancellationToken.None)).Where(process => !process.IsRunning))
        {
            var log = await File.ReadAllLinesAsync(Path.Combine(_folder, "logs", $"{gone.Name}.log"), CancellationToken.None);
            await Console.Error.WriteLineAsync($"{gone.Name} is gone; the end of its log:\n{string.Join('\n', log.TakeLast(LastLines))}");
        }
    }

    private Task<string> RunAsync(string[] words, CancellationToken cancellationToken) =>
        RunScriptAsync("local-cluster.sh", [.. words, "--dir", _folder], cancellationToken);

    private async Task<string> RunScriptAsync(string script, string[] words, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(ServerFiles.Repository, "infra", script), .. words])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["EVENTCLUSTER_SILO_BUILT"] = "1";
        foreach (var (name, value) in _setup.Environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken).WaitAsync(ScriptLimit, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Or it would go on to start what nobody ends any more.
            process.Kill();
            throw;
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw new TimeoutException($"{script} {words[0]} did not end within {ScriptLimit.TotalSeconds:0} s.");
        }

        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"{script} {words[0]} failed:\n{await output}{await errors}");
    }
}
