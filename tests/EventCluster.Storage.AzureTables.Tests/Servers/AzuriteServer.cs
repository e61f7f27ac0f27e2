using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;

namespace EventCluster.Storage.AzureTables.Tests.Servers;

/// <summary>The table service of npm's azurite, an emulator of Azure storage, in a temporary folder on a private port.</summary>
public sealed class AzuriteServer : IAsyncDisposable
{
    private const int NotInstalled = 3;

    // Public: every emulator has this account and this key.
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly string _folder = Directory.CreateTempSubdirectory("eventcluster-azurite-").FullName;
    private readonly StringBuilder _output = new();
    private Process? _process;

    private AzuriteServer()
    {
    }

    /// <summary>The port, on loopback.</summary>
    public int Port { get; } = FreePort.Next();

    /// <summary>How to reach it.</summary>
    public string ConnectionString => ConnectionTo(Port);

    /// <summary>Why there is no emulator here, with the command that would help; null when it runs.</summary>
    public string? Missing { get; private set; }

    private static string Folder => Path.Combine(ServerFiles.Repository, "tests", "azurite");

    /// <summary>Starts an emulator, installing its package first.</summary>
    public static async Task<AzuriteServer> StartAsync()
    {
        var server = new AzuriteServer();
        var (code, output) = await InstallAsync();
        if (code == NotInstalled)
        {
            server.Missing = output.Trim();
            return server;
        }

        if (code != 0)
        {
            throw new InvalidOperationException($"tests/azurite/install.sh ended with {code}: {output}");
        }

        await server.UpAsync();
        return server;
    }

    /// <summary>The emulator's account behind another port.</summary>
    public static string ConnectionTo(int port) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};TableEndpoint=http://127.0.0.1:{port}/{Account};";

    /// <summary>Starts it on its port, over what it stored before, and waits until it listens.</summary>
    public async Task UpAsync()
    {
        var start = new ProcessStartInfo("node")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                Path.Combine(Folder, "node_modules", "azurite", "dist", "src", "table", "main.js"),
                "--silent", "--disableTelemetry", "--skipApiVersionCheck", "--location", _folder, "--tableHost", "127.0.0.1",
                "--tablePort", $"{Port}",
            },
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Phase.UntilAsync("azurite listens", $"port {Port}", () => Answers() ? "open" : Ended() ?? "closed", seen => seen is "open", default);
    }

    /// <summary>Ends it; what it stored stays for <see cref="UpAsync"/>.</summary>
    public async Task DownAsync()
    {
        if (_process is { HasExited: false })
        {
            // Its handler of this signal writes everything down first.
            using var kill = Process.Start("kill", ["-INT", $"{_process.Id}"]);
            await kill.WaitForExitAsync();
            await Phase.OfAsync("azurite ends", _process.WaitForExitAsync());
        }

        _process?.Dispose();
        _process = null;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await DownAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<(int Code, string Output)> InstallAsync()
    {
        var start = new ProcessStartInfo(Path.Combine(Folder, "install.sh"))
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }

    private bool Answers()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private string? Ended()
    {
        lock (_output)
        {
            return _process!.HasExited ? throw new InvalidOperationException($"azurite ended with {_process.ExitCode}:\n{_output}") : null;
        }
    }

    private void Keep(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
