using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Npgsql;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Servers;

/// <summary>Debian's PgBouncer in front of a server, on loopback.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("eventcluster-pgbouncer-").FullName;
    private readonly Process _process;

    private PgBouncer(string connectionString, string mode, IEnumerable<string> settings)
    {
        var server = new NpgsqlConnectionStringBuilder(connectionString);
        var port = FreePort.Next();
        ConnectionString = new NpgsqlConnectionStringBuilder(connectionString) { Port = port }.ConnectionString;
        File.WriteAllText(Path.Combine(_folder, "users"), $"\"{server.Username}\" \"{server.Password}\"\n");
        File.WriteAllLines(
            Path.Combine(_folder, "ini"),
            [
                "[databases]", $"* = host=127.0.0.1 port={server.Port}",
                "[pgbouncer]", "listen_addr = 127.0.0.1", $"listen_port = {port}", "unix_socket_dir =", $"pool_mode = {mode}",
                "auth_type = scram-sha-256", $"auth_file = {_folder}/users", "default_pool_size = 60", .. settings,
            ]);
        if (Environment.UserName == "root")
        {
            Process.Start("chown", ["-R", "postgres", _folder]).WaitForExit();
        }

        string[] user = Environment.UserName == "root" ? ["-u", "postgres"] : [];
        _process = Process.Start(new ProcessStartInfo("pgbouncer", ["-q", .. user, Path.Combine(_folder, "ini")])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
    }

    /// <summary>How to reach the server through it.</summary>
    public string ConnectionString { get; }

    /// <summary>Starts one; skips the test where the package cannot be installed.</summary>
    public static async Task<PgBouncer> StartAsync(string connectionString, string mode, params IEnumerable<string> settings)
    {
        using var install = Process.Start(new ProcessStartInfo(
            Path.Combine(ServerFiles.Repository, "infra", "install-packages.sh"), ["pgbouncer"])
        { RedirectStandardError = true, UseShellExecute = false })!;
        var said = await install.StandardError.ReadToEndAsync();
        await install.WaitForExitAsync();
        Assert.SkipWhen(install.ExitCode != 0, said);
        var bouncer = new PgBouncer(connectionString, mode, settings);
        await Phase.UntilAsync("it listens", bouncer.ListensAsync, static () => { }, TestContext.Current.CancellationToken);
        return bouncer;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<bool> ListensAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, new NpgsqlConnectionStringBuilder(ConnectionString).Port);
            return true;
        }
        catch (SocketException) when (!_process.HasExited)
        {
            return false;
        }
    }
}
