using System.Net;
using EventCluster.Hosting.Commands;
using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Logging;
using EventCluster.Hosting.Node;
using EventCluster.Orleans.Connections;
using EventCluster.Orleans.Membership;

namespace EventCluster.Silo.Hosting;

/// <summary>The whole process of a cluster's node: reads the arguments, joins the cluster, serves until told to stop.</summary>
internal static partial class SiloCommand
{
    /// <summary>How long the others may refuse this node before its start is given up.</summary>
    private static readonly TimeSpan _patienceWithPeers = TimeSpan.FromSeconds(10);

    /// <summary>Runs to the end and never throws for what an operator can get wrong.</summary>
    public static Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        var options = new ClusterNodeOptions();
        return NodeProcess.RunAsync(arguments, options, HelpText.RenderSilo, terminal, mode => mode is CommandMode.Run run
            ? ServeAsync(run, options, terminal, cancellationToken)
            : terminal.FailAsync("A node of a cluster only serves; one-shot modes belong to EventCluster.Server."));
    }

    private static async Task<int> ServeAsync(
        CommandMode.Run mode, ClusterNodeOptions options, Terminal terminal, CancellationToken cancellationToken)
    {
        var address = SiloEndpoints.AddressOf(options);
        if ((AzureTablesStart.FitAppends(options) ?? ClusterAccess.FindFault(options, address) ?? await SiloEndpoints.FindFaultAsync(options, address))
            is { } fault)
        {
            return await terminal.FailAsync(fault);
        }

        // A secret that cannot be used is told before anything else is tried.
        ClusterAccess.SecretOf(options);

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

            // At every start it takes the time since the machine's boot for a stall; StallWatch reports real ones.
            builder.Logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
        }

        builder.Logging.HoldWhileStarting(options, "Orleans", "Microsoft");
        builder.WebHost.UseKestrelCore();
        builder.Services.AddEventClusterSilo(options, new NodeStart(mode.Restored));
        builder.UseOrleans(silo => silo.UseEventCluster(options, address));

        await using var app = builder.Build();
        if (app.Services.GetService<ClusterCertificates>()?.FindFault() is { } unusable)
        {
            return await terminal.FailAsync(unusable);
        }

        RefusedStart? refused = null;
        if (!await NodeProcess.TryStartAsync(app, async () => refused = await StartAsync(app, options, cancellationToken), cancellationToken))
        {
            return ExitCode.Success;
        }

        var said = app.Services.GetService<StartLog>();
        if (refused is not null)
        {
            said?.Refuse();
            await terminal.FailAsync(refused.Line);
            return refused.Code;
        }

        said?.Release();
        WarnOfOpenDoors(app.Logger, options, address);
        Serving(app.Logger, options.NodeName, options.Role, app.Services.GetRequiredService<SiloStore>().ClusterId, string.Join(", ", app.Urls));
        if (options.LogFormat == LogFormat.Console)
        {
            await terminal.GreetAsync($"EventCluster {VersionText.Version}, {options.Role} {options.NodeName}, listens on {app.Urls.First()}");
        }

        await NodeProcess.WaitForStopAsync(app, cancellationToken);
        return app.Services.GetRequiredService<StoreWatch>().ExitCode;
    }

    /// <summary>Joins the cluster and serves; a line for the operator when the other nodes do not take this one.</summary>
    private static async Task<RefusedStart?> StartAsync(WebApplication app, ClusterNodeOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await app.UseEventClusterSiloAsync(options, cancellationToken);
            if (await FindOtherHolderAsync(app, options, cancellationToken) is { } taken)
            {
                return new RefusedStart(taken);
            }

            return await JoinAsync(app, options, cancellationToken);
        }
        catch (OrleansException e)
        {
            // Its stack says nothing to an operator: whatever the runtime needs at its start lies outside of this process.
            return new RefusedStart($"this node cannot start: {e.GetBaseException().Message}");
        }
    }

    /// <summary>A silo of another machine that lives at this one's address would be ended by the joining.</summary>
    private static async Task<string?> FindOtherHolderAsync(WebApplication app, ClusterNodeOptions options, CancellationToken cancellationToken) =>
        options.Cluster.Membership == MembershipKind.Localhost
            ? null
            : await AddressClaim.FindFaultAsync(
                app.Services.GetRequiredService<IMembershipTable>(),
                app.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.Endpoint,
                app.Services.GetRequiredService<ILocalSiloDetails>().DnsHostName,
                app.Services.GetRequiredService<TimeProvider>(),
                cancellationToken);

    private static async Task<RefusedStart?> JoinAsync(WebApplication app, ClusterNodeOptions options, CancellationToken cancellationToken)
    {
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var start = app.StartAsync(abandon.Token);
        var refused = app.Services.GetRequiredService<PeerRefusals>().First;
        var copy = app.Services.GetRequiredService<SameStoreStep>().StartedOnACopy;
        var errors = app.Services.GetRequiredService<SiloFatalErrors>();
        var first = await Task.WhenAny(start, refused, copy, errors.FailedStart);
        if (first == refused)
        {
            // One that dies in this moment refuses, too; Orleans tries again, and goes on without it.
            await Task.WhenAny(
                start, copy, errors.FailedStart, Task.Delay(_patienceWithPeers, TimeProvider.System, cancellationToken));
        }

        if (start.IsCompletedSuccessfully && !copy.IsCompleted && errors.TryJoin())
        {
            return null;
        }

        if (start.IsCompleted && !copy.IsCompleted && !refused.IsCompleted && !errors.FailedStart.IsCompleted)
        {
            await start;
        }

        await abandon.CancelAsync();
        await start.WaitAsync(_patienceWithPeers, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return copy.IsCompleted
            ? new RefusedStart(await copy)
            : refused.IsCompleted ? new RefusedStart($"this node cannot join the cluster '{options.ClusterId}': {await refused}")
            : await errors.ExplainFailedStartAsync();
    }

    private static void WarnOfOpenDoors(ILogger logger, ClusterNodeOptions options, IPAddress address)
    {
        if (!ListenAddress.All($"{options.Urls};{options.Http2Url}").All(static url => url.IsLoopback))
        {
            Unauthenticated(logger, options.Urls);
        }

        if (ClusterAccess.IsPlaintext(options, address))
        {
            Plaintext(logger, address);
        }
    }

    [LoggerMessage(6101, LogLevel.Warning,
        "{Urls} can be reached by others and nobody is asked for credentials: everybody can read, write and delete")]
    private static partial void Unauthenticated(ILogger logger, string urls);

    [LoggerMessage(6102, LogLevel.Warning,
        "Nodes talk in plain text at {Address}: whoever is on the way can read and change what they say (Cluster:AllowPlaintext); "
        + "set Cluster:Tls")]
    private static partial void Plaintext(ILogger logger, IPAddress address);

    [LoggerMessage(6100, LogLevel.Information, "Node {Name} ({Role}) of cluster {Cluster} serves {Urls}.")]
    private static partial void Serving(ILogger logger, string name, SiloRole role, string cluster, string urls);
}
