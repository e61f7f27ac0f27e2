using EventCluster.Hosting.Commands;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Hosting.Tests.Commands;

/// <summary>The whole server command in this process, on a free port.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly LockedWriter _out = new();
    private readonly LockedWriter _error = new();

    private RunningServer(string[] arguments)
    {
        Exit = ServerCommand.RunAsync(
            ["--urls", "http://127.0.0.1:0", .. arguments],
            new Terminal(_out, _error),
            _stop.Token);
    }

    /// <summary>Its exit code, at its end.</summary>
    public Task<int> Exit { get; }

    /// <summary>Where it listens.</summary>
    public Uri Url { get; private set; } = new("http://127.0.0.1");

    /// <summary>What it said on standard output.</summary>
    public string Output => _out.ToString();

    /// <summary>What it said on standard error.</summary>
    public string Error => _error.ToString();

    /// <summary>Starts one and waits for its announcement.</summary>
    public static async Task<RunningServer> StartAsync(params string[] arguments)
    {
        var server = new RunningServer(arguments);
        await Phase.UntilAsync(
            "the server announces its address",
            () => server.Exit.IsCompleted || server.Output.Contains("curl -N", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        if (server.Exit.IsCompleted)
        {
            throw new InvalidOperationException($"The server ended with {await server.Exit}: {server.Error}");
        }

        server.Url = new Uri(server.Output.Split(" listens on ")[1].Split(' ')[0]);
        return server;
    }

    /// <summary>Stops it like a signal would.</summary>
    public async Task<int> StopAsync()
    {
        await _stop.CancelAsync();
        return await Phase.OfAsync("the server stops", Exit);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        await _out.DisposeAsync();
        await _error.DisposeAsync();
    }
}
