using System.Net;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Store;
using EventCluster.Edge.Connections;
using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Node;
using EventCluster.Orleans.Connections;
using EventCluster.Orleans.Directory;
using EventCluster.Orleans.Placement;
using EventCluster.Orleans.Rebalancing;
using EventCluster.Silo.Membership;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;

namespace EventCluster.Silo.Hosting;

/// <summary>Registers a node of a cluster.</summary>
internal static class EventClusterSiloExtensions
{
    /// <summary>Several times what a commit takes, and well below the time in which a dead silo is noticed.</summary>
    private static readonly TimeSpan _appendCopyAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>The store, and on an edge everything that serves clients.</summary>
    public static void AddEventClusterSilo(this IServiceCollection services, ClusterNodeOptions options, NodeStart start)
    {
        if (options.NodeName.Length == 0)
        {
            options.NodeName = $"{Environment.MachineName}:{options.Cluster.SiloPort}";
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options).AddSingleton(start);
        services.AddSingleton<SiloStore>().AddHostedService(provider => provider.GetRequiredService<SiloStore>());
        services.AddSingleton<ILogStore>(provider => provider.GetRequiredService<SiloStore>().Store);
        services.AddSingleton(provider => provider.GetRequiredService<SiloStore>().Identity);
        services.AddSingleton<SameStoreStep>().AddSingleton<IHandshakeStep>(provider => provider.GetRequiredService<SameStoreStep>());
        services.AddStoreWatch(static provider => provider.GetRequiredService<SiloStore>().Health);
        services.AddSingleton(provider => SharedStore.DirectoryOptions(options, provider.GetRequiredService<MemoryBudget>()));
        services.AddSingleton(new RebalanceOptions
        {
            StreamsPerSecond = options.Rebalance.StreamsPerSecond,
            Share = options.Rebalance.Percent / 100.0,
        });
        services.AddSingleton(new OrleansStreamDirectoryOptions
        {
            AppendAttemptTimeout = options.Cluster.CallTimeout,
            AppendCopyAfter = _appendCopyAfter,
            MaxAppendBytes = options.Limits.AppendBytes,
        });
        services.AddEventClusterServer(options);
        AddAccess(services, options);
        if (options.Role.HasFlag(SiloRole.Edge))
        {
            services.AddEventClusterEdge();
            services.AddSingleton<EdgeStop>().AddHostedService(provider => provider.GetRequiredService<EdgeStop>());
        }

        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Shutdown.Timeout);
    }

    /// <summary>Who may connect to the ports between nodes.</summary>
    private static void AddAccess(IServiceCollection services, ClusterNodeOptions options)
    {
        var access = services.AddOptions<ClusterConnectionOptions>().Configure(it =>
        {
            it.Secret = ClusterAccess.SecretOf(options);

            // Strangers must not take the descriptors that this process needs to live.
            it.MaxHandshakes = Math.Min(it.MaxHandshakes, DescriptorLimit.Read()?.Unproven ?? int.MaxValue);
        });
        if (options.Cluster.Tls.IsUsed)
        {
            services.AddSingleton(provider => new ClusterCertificates(
                options.Cluster.Tls, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
            services.AddHostedService(static provider => provider.GetRequiredService<ClusterCertificates>());
            services.AddSingleton<IBackgroundPart>(static provider => provider.GetRequiredService<ClusterCertificates>());
            access.Configure<ClusterCertificates>((it, certificates) => it.Tls = ClusterAccess.TlsOf(options, certificates));
        }
    }

    /// <summary>The silo: membership, failure detection, directory, roles, grain state.</summary>
    public static void UseEventCluster(this ISiloBuilder silo, ClusterNodeOptions options, IPAddress address)
    {
        var cluster = options.Cluster;

        // Rows of another identity are never seen in the membership. The settings stay where they are, whatever the identity.
        silo.Services.AddOptions<ClusterOptions>().PostConfigure<SiloStore>(
            (it, store) => (it.ClusterId, it.ServiceId) = (store.ClusterId, options.ClusterId));
        silo.Configure<SiloOptions>(it => it.SiloName = options.NodeName);
        silo.UseEventClusterMembership(options);
        if (cluster.Membership != MembershipKind.Localhost)
        {
            silo.UseMembershipGuard();
        }

        silo.Configure<EndpointOptions>(it =>
        {
            // At this address and no other: what listens on all of them can be reached by networks that nobody thought of.
            it.AdvertisedIPAddress = address;
            it.SiloPort = cluster.SiloPort;
            it.SiloListeningEndpoint = new IPEndPoint(address, cluster.SiloPort);
            it.GatewayPort = options.HasGateway ? cluster.GatewayPort : 0;
            it.GatewayListeningEndpoint = options.HasGateway ? new IPEndPoint(address, cluster.GatewayPort) : null;
        });

        silo.Configure<ClusterMembershipOptions>(it =>
        {
            it.ProbeTimeout = cluster.ProbeTimeout;
            it.NumMissedProbesLimit = cluster.MissedProbes;
            it.NumVotesForDeathDeclaration = cluster.Votes;
            it.TableRefreshTimeout = cluster.TableRefresh;

            // A hung process keeps its connections: with this check it was voted out after 8.7 s instead of 1.4 s.
            it.EnableConnectionLivenessCheck = false;
        });

        // The default directory also lost streams of healthy silos when one was killed.
#pragma warning disable ORLEANSEXP003 // Experimental in name; measured, and fenced by the store in any case.
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
        silo.Configure<GrainDirectoryOptions>(it => it.RangeLeaseDuration = cluster.DirectoryLease);
        silo.Services.AddSingleton<SiloFatalErrors>();
        silo.Services.AddSingleton<IFatalErrorHandler>(static provider => provider.GetRequiredService<SiloFatalErrors>());
        silo.AddEventClusterSettings(options);
        silo.AddEventCluster((SiloRoles)(int)options.Role);
    }

    /// <summary>Opens the store and makes the tables of the membership; then what this role answers over HTTP.</summary>
    public static async Task UseEventClusterSiloAsync(this WebApplication app, ClusterNodeOptions options, CancellationToken cancellationToken)
    {
        await app.Services.GetRequiredService<SiloStore>().StartAsync(cancellationToken);
        if (MembershipSources.UsesPostgreSql(options))
        {
            await OrleansTables.MakeAsync(
                OrleansTables.ConnectionOf(options.PostgreSql.ConnectionString, options.PostgreSql.Schema),
                app.Services.GetRequiredService<TimeProvider>(), cancellationToken);
        }

        if (options.Role.HasFlag(SiloRole.Backlog))
        {
            var owned = ActivatorUtilities.CreateInstance<OwnedEndpoint>(app.Services);
            app.Use(next => context => owned.InvokeAsync(context, next));
            var balance = ActivatorUtilities.CreateInstance<BalanceEndpoint>(app.Services);
            app.Use(next => context => balance.InvokeAsync(context, next));
        }

        if (options.Role.HasFlag(SiloRole.Edge))
        {
            app.UseEventClusterEdge();
            app.UseEventClusterPage();
        }
        else
        {
            var probes = ActivatorUtilities.CreateInstance<BacklogEndpoint>(app.Services);
            app.Use(next => context => probes.InvokeAsync(context));
        }
    }
}
