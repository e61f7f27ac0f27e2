using EventCluster.Abstractions.Memory;
using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Node;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Commands;

/// <summary>Serves until told to stop.</summary>
internal static partial class ServeCommand
{
    public static async Task<int> RunAsync(
        CommandMode.Run mode, EventClusterOptions options, Terminal terminal, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddEventClusterLog(options);
        builder.WebHost.UseKestrelCore();
        builder.Services.AddEventCluster(options, new NodeStart(mode.Restored));

        await using var app = builder.Build();
        if (!await NodeProcess.TryStartAsync(
            app,
            async () =>
            {
                await app.UseEventClusterAsync(cancellationToken);
                await app.StartAsync(cancellationToken);
            },
            cancellationToken))
        {
            return ExitCode.Success;
        }

        var url = Reachable(app.Urls.First());
        app.Services.GetRequiredService<BackupEndpoint>().Open(url);
        await AnnounceAsync(app, options, terminal, url);
        app.Lifetime.ApplicationStopping.Register(() => Stopping(app.Logger));
        app.Lifetime.ApplicationStopped.Register(() => Stopped(app.Logger));
        await NodeProcess.WaitForStopAsync(app, cancellationToken);
        return app.Services.GetRequiredService<StoreWatch>().ExitCode;
    }

    private static async Task AnnounceAsync(
        WebApplication app, EventClusterOptions options, Terminal terminal, string url)
    {
        if (!ListenAddress.All($"{options.Urls};{options.Http2Url}").All(address => address.IsLoopback))
        {
            Unauthenticated(app.Logger, options.Urls);
        }

        var memory = app.Services.GetRequiredService<MemoryBudget>();
        Memory(app.Logger, memory.Bytes >> 20, NodeMemory.Available >> 20, NodeMemory.Describe(memory));
        Serving(app.Logger, VersionText.Version, string.Join(", ", app.Urls));
        if (options.LogFormat == LogFormat.Console)
        {
            await terminal.GreetAsync(Welcome(url));
        }
    }

    // Who listens on all addresses is named by the one that works here.
    private static string Reachable(string url) => url
        .Replace("//[::]:", "//127.0.0.1:", StringComparison.Ordinal)
        .Replace("//0.0.0.0:", "//127.0.0.1:", StringComparison.Ordinal);

    private static string Welcome(string url) => $"""

        EventCluster {VersionText.Version} listens on {url} (page: {url}/). Three lines to try:
          curl -X PUT {url}/v1/stream/hello -H 'Content-Type: text/plain' -d 'first event'
          curl -X POST {url}/v1/stream/hello -H 'Content-Type: text/plain' -d 'second event'
          curl -N '{url}/v1/stream/hello?live=eventsource'

        """;
}
