using EventCluster.Abstractions;
using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge;
using EventCluster.Edge.Connections;
using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Logging;
using EventCluster.Hosting.Node;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers a single node.</summary>
public static class EventClusterServiceCollectionExtensions
{
    /// <summary>Adds store, directory, HTTP surface, the watch over the store, and the server's addresses and limits.</summary>
    /// <param name="services">The services.</param>
    /// <param name="options">What the operator set; validated.</param>
    /// <param name="start">What this start is about.</param>
    public static IServiceCollection AddEventCluster(
        this IServiceCollection services, EventClusterOptions options, NodeStart start)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(_ => SystemRandom.Create());
        services.AddSingleton(options).AddSingleton(start);
        services.AddSingleton<EventClusterNode>().AddHostedService(provider => provider.GetRequiredService<EventClusterNode>());
        services.AddStoreWatch(static provider => provider.GetRequiredService<IStreamDirectory>().Health);
        services.AddSingleton<BackupEndpoint>();
        services.AddSingleton(provider => provider.GetRequiredService<EventClusterNode>().Directory);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Shutdown.Timeout);
        services.AddEventClusterEdge();
        return services.AddEventClusterServer(options);
    }

    /// <summary>Adds the watch that ends the process with its store.</summary>
    /// <param name="services">The services.</param>
    /// <param name="health">Asks the store, or the directory over it.</param>
    public static IServiceCollection AddStoreWatch(this IServiceCollection services, Func<IServiceProvider, StoreHealth> health)
    {
        services.AddSingleton(provider => new StoreWatch(
            () => health(provider),
            provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<StoreWatch>>()));
        services.AddSingleton<IBackgroundPart>(static provider => provider.GetRequiredService<StoreWatch>());
        return services.AddHostedService(static provider => provider.GetRequiredService<StoreWatch>());
    }

    /// <summary>Sets the memory budget, the addresses and limits of the server, and the options of the HTTP surface, which is added elsewhere.</summary>
    /// <param name="services">The services.</param>
    /// <param name="options">What the operator set; validated.</param>
    public static IServiceCollection AddEventClusterServer(this IServiceCollection services, EventClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddSingleton(_ => NodeMemory.Create(options, NodeMemory.Available));
        services.Configure<EdgeOptions>(edge => NodeOptions.Apply(options, edge));
        services.AddOptions<EdgeOptions>().Configure<MemoryBudget>(NodeMemory.Bound);
        var portsBetweenNodes = options is ClusterNodeOptions ? 2 : 0;
        services.AddSingleton(_ => new SystemLimits(
            DescriptorLimit.Read() is { } descriptors ? descriptors with { OtherPorts = portsBetweenNodes } : null, ThreadLimit.Read()));
        services.AddSingleton(provider => ConnectionBound.Of(
            options.Limits.Connections,
            provider.GetRequiredService<SystemLimits>().Descriptors,
            provider.GetRequiredService<MemoryBudget>() is var budget
                ? ConnectionBound.InMemory(budget.Connections.Limit, NodeMemory.Available - budget.Bytes)
                : null));
        services.AddOptions<EdgeOptions>().PostConfigure<SystemLimits, ConnectionBound>(static (edge, system, bound) =>
        {
            edge.MaxConnections = Math.Min(edge.MaxConnections, bound.Connections);
            edge.FirstReservedDescriptor = system.Descriptors?.FirstReserved ?? long.MaxValue;
        });
        services.TryAddSingleton<ConnectionGate>();
        services.AddSingleton<IConnectionListenerFactory, BoundedListenerFactory>();
        services.AddHostedService(provider => new SystemLimitsStart(
            options, provider.GetRequiredService<SystemLimits>(), provider.GetRequiredService<ConnectionBound>(),
            provider.GetRequiredService<ILogger<SystemLimitsStart>>()));
        services.AddSingleton(provider => new IdleTrimRunner(options.Memory.TrimInterval, provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService(static provider => provider.GetRequiredService<IdleTrimRunner>());
        services.AddSingleton<IBackgroundPart>(static provider => provider.GetRequiredService<IdleTrimRunner>());
        services.AddSingleton(provider => new ServerCertificates(
            options.Tls, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ServerCertificates>>()));
        services.AddHostedService(static provider => provider.GetRequiredService<ServerCertificates>());
        services.AddSingleton<IBackgroundPart>(static provider => provider.GetRequiredService<ServerCertificates>());
        services.AddHostedService(provider => new ReloadSignal(
            options, provider.GetRequiredService<ServerCertificates>(), provider.GetRequiredService<ILogger<ReloadSignal>>(),
            provider.GetService<LogLevelSwitch>(), provider.GetService<ClusterCertificates>()));
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<EdgeOptions>, ServerCertificates>((server, edge, certificates) =>
        {
            KestrelLimits.Apply(server, edge.Value);

            // Counted where they are accepted: Kestrel's limit makes a connection before it refuses it, and logs each.
            server.Limits.MaxConcurrentConnections = null;
            ListenOptionsSetup.Apply(options, certificates, server);
        });
        services.Configure<SocketTransportOptions>(sockets => ListenOptionsSetup.Apply(options, sockets));
        return services;
    }
}
