using System.Diagnostics;

namespace EventCluster.TestKit.Servers;

/// <summary>A private PostgreSQL server in a temporary folder, driven by <c>infra/postgres.sh</c>.</summary>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    private const int NotInstalled = 3;

    private readonly bool _isOwn = true;
    private readonly ServerPlace? _place;

    private PostgreSqlServer(ServerPlace? place = null)
        : this(Directory.CreateTempSubdirectory("eventcluster-postgres-").FullName, place?.Port ?? FreePort.Next()) => _place = place;

    private PostgreSqlServer(string folder, int port) => (Folder, Port) = (folder, port);

    private PostgreSqlServer(string folder)
        : this(folder, PortOf(folder) ?? throw new InvalidOperationException(
            $"No PostgreSQL server runs in '{folder}'; start one with: infra/postgres.sh up FOLDER PORT")) => _isOwn = false;

    /// <summary>Its data, password and logs.</summary>
    public string Folder { get; }

    /// <summary>The port, on loopback or at its place.</summary>
    public int Port { get; }

    /// <summary>How to reach its database <c>eventcluster</c>; empty when there is no server.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>Why there is no server here, with the command that would help; null when it runs.</summary>
    public string? Missing { get; private set; }

    /// <summary>Starts a server, installing Debian's package first where that is possible.</summary>
    /// <param name="place">Where; null for loopback.</param>
    public static async Task<PostgreSqlServer> StartAsync(ServerPlace? place = null)
    {
        var server = new PostgreSqlServer(place) { Missing = await FindMissingAsync() };
        if (server.Missing is null)
        {
            await server.UpAsync();
        }

        return server;
    }

    /// <summary>The server that runs in a folder of <c>infra/postgres.sh</c>; it goes on when this is disposed of.</summary>
    public static async Task<PostgreSqlServer> UseAsync(string folder)
    {
        var server = new PostgreSqlServer(Path.GetFullPath(folder));
        await server.UpAsync();
        return server;
    }

    /// <summary>A standby of a running server, which follows it.</summary>
    public static async Task<PostgreSqlServer> StandbyOfAsync(PostgreSqlServer primary, ServerPlace? place = null)
    {
        var server = new PostgreSqlServer(place);
        var output = await server.DemandAsync("standby", server.Folder, primary.Folder, $"{server.Port}");
        server.ConnectionString = output.Trim().Split('\n')[^1];
        return server;
    }

    /// <summary>Makes a standby a primary.</summary>
    public Task PromoteAsync() => DemandAsync("promote", Folder);

    /// <summary>Makes this server, which is down, a standby of a running one; <see cref="UpAsync"/> starts it.</summary>
    public Task FollowAsync(PostgreSqlServer primary) => DemandAsync("follow", Folder, primary.Folder);

    /// <summary>Ends all its processes at once; the data stays for <see cref="UpAsync"/>.</summary>
    public Task KillAsync() => DemandAsync("down", Folder, "immediate");

    /// <summary>Why no server can be started here, with the command that would help; null when one can.</summary>
    public static async Task<string?> FindMissingAsync()
    {
        var (code, output) = await RunAsync(null, "install");
        return code == NotInstalled ? output.Trim() : null;
    }

    /// <summary>A second server with a copy of this one's data.</summary>
    /// <param name="how"><c>dump</c>, <c>base</c> (pg_basebackup), or <c>files</c> of this one stopped.</param>
    public async Task<PostgreSqlServer> CopyAsync(string how)
    {
        var copy = new PostgreSqlServer();
        copy.ConnectionString = (await DemandAsync("copy", Folder, $"{Port}", copy.Folder, $"{copy.Port}", how)).Trim().Split('\n')[^1];
        return copy;
    }

    /// <summary>Starts it on its port, over what it stored before.</summary>
    public async Task UpAsync() =>
        ConnectionString = (await DemandAsync("up", Folder, $"{Port}")).Trim().Split('\n')[^1];

    /// <summary>Stops it in an orderly way and starts it again.</summary>
    public Task RestartAsync() => DemandAsync("restart", Folder, "fast");

    /// <summary>Ends all its processes at once and starts it again, as after a crash.</summary>
    public Task CrashAsync() => DemandAsync("restart", Folder, "immediate");

    /// <summary>Stops it; the data stays for <see cref="UpAsync"/>.</summary>
    public Task DownAsync() => DemandAsync("down", Folder);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_isOwn)
        {
            return;
        }

        if (Missing is null)
        {
            await DownAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }

    // As the server writes it: the fourth line.
    private static int? PortOf(string folder) =>
        Path.Combine(folder, "data", "postmaster.pid") is var file && File.Exists(file) ? int.Parse(File.ReadLines(file).ElementAt(3)) : null;

    private async Task<string> DemandAsync(params string[] arguments)
    {
        var (code, output) = await RunAsync(_place, arguments);
        return code == 0
            ? output
            : throw new InvalidOperationException($"postgres.sh {string.Join(' ', arguments)} ended with {code}: {output}");
    }

    private static async Task<(int Code, string Output)> RunAsync(ServerPlace? place, params string[] arguments)
    {
        string[] words = [.. place?.Enter ?? [], Path.Combine(ServerFiles.Repository, "infra", "postgres.sh"), .. arguments];
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (place is not null)
        {
            start.Environment["EVENTCLUSTER_POSTGRES_ADDRESS"] = place.Address;
        }

        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }
}
