using EventCluster.Edge;
using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Node;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
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
        services.AddSingleton<StoreWatch>().AddHostedService(provider => provider.GetRequiredService<StoreWatch>());
        services.AddSingleton<BackupEndpoint>();
        services.AddSingleton(provider => provider.GetRequiredService<EventClusterNode>().Directory);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Shutdown.Timeout);
        services.AddEventClusterEdge();
        return services.AddEventClusterServer(options);
    }

    /// <summary>Sets the memory budget, the addresses and limits of the server, and the options of the HTTP surface, which is added elsewhere.</summary>
    /// <param name="services">The services.</param>
    /// <param name="options">What the operator set; validated.</param>
    public static IServiceCollection AddEventClusterServer(this IServiceCollection services, EventClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddSingleton(_ => NodeMemory.Create(options, NodeMemory.Available));
        services.Configure<EdgeOptions>(edge => NodeOptions.Apply(options, edge));
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<EdgeOptions>>((server, edge) =>
        {
            KestrelLimits.Apply(server, edge.Value);
            ListenOptionsSetup.Apply(options, server);
        });
        services.Configure<SocketTransportOptions>(sockets => ListenOptionsSetup.Apply(options, sockets));
        return services;
    }
}
