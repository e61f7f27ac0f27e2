using EventCluster.Hosting.Commands;
using EventCluster.Hosting.Configuration;

namespace EventCluster.Silo.Hosting;

/// <summary>The whole process of a cluster's node: reads the arguments, joins the cluster, serves until told to stop.</summary>
internal static partial class SiloCommand
{
    /// <summary>Runs to the end and never throws for what an operator can get wrong.</summary>
    public static Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        var options = new ClusterNodeOptions();
        return NodeProcess.RunAsync(arguments, options, HelpText.RenderSilo, terminal, mode => mode is CommandMode.Run { Restored: false }
            ? ServeAsync(options, terminal, cancellationToken)
            : terminal.FailAsync("A node of a cluster only serves; one-shot modes belong to EventCluster.Server."));
    }

    private static async Task<int> ServeAsync(ClusterNodeOptions options, Terminal terminal, CancellationToken cancellationToken)
    {
        if ((AzureTablesStart.FitAppends(options) ?? SiloEndpoints.FindTaken(options)) is { } fault)
        {
            return await terminal.FailAsync(fault);
        }

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddEventClusterLog(options);
        if (options.LogLevel >= LogLevel.Information)
        {
            // Orleans prints every option and every step of its start as information.
            builder.Logging.AddFilter("Orleans", LogLevel.Warning);

            // While no silo hosts streams, each call of each client fails with a stack trace here, and its placement says so
            // three times more. The directory of owners says it once per call.
            builder.Logging.AddFilter("Orleans.Messaging", LogLevel.Critical);
            builder.Logging.AddFilter("Polly", LogLevel.None);
        }

        builder.WebHost.UseKestrelCore();
        builder.Services.AddEventClusterSilo(options);
        builder.UseOrleans(silo => silo.UseEventCluster(options));

        await using var app = builder.Build();
        await app.UseEventClusterSiloAsync(options, cancellationToken);
        await app.StartAsync(cancellationToken);
        Serving(app.Logger, options.NodeName, options.Role, string.Join(", ", app.Urls));
        if (options.LogFormat == LogFormat.Console)
        {
            await terminal.GreetAsync($"EventCluster {VersionText.Version}, {options.Role} {options.NodeName}, listens on {app.Urls.First()}");
        }

        await app.WaitForShutdownAsync(cancellationToken);
        return ExitCode.Success;
    }

    [LoggerMessage(6100, LogLevel.Information, "Node {Name} ({Role}) serves {Urls}.")]
    private static partial void Serving(ILogger logger, string name, SiloRole role, string urls);
}
