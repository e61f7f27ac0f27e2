using System.Security.Cryptography;
using EventCluster.Orleans.Client;
using EventCluster.Orleans.Connections;
using EventCluster.Orleans.Directory;
using EventCluster.Orleans.Wire;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Serialization;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the client of a cluster to an Orleans client application (or a silo).</summary>
public static class EventClusterClientServiceCollectionExtensions
{
    /// <summary>Registers <see cref="EventClusterClient"/>; the application itself calls <c>UseOrleansClient</c>.</summary>
    public static IServiceCollection AddEventClusterClient(
        this IServiceCollection services, Action<EventClusterClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new EventClusterClientOptions();
        configure?.Invoke(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ITypeNameFilter, WireTypeFilter>());
        services.AddPublisherHandshakes();
        services.Configure<ClusterConnectionOptions>(connections => (connections.Secret, connections.Tls) = (options.Secret, options.Tls));
        services.TryAddSingleton<GatewayLoss>();
        services.AddSingleton<IClusterConnectionStatusObserver>(provider => provider.GetRequiredService<GatewayLoss>());
        services.TryAddSingleton(provider => new EventClusterClient(
            provider.GetRequiredService<IGrainFactory>(),
            options,
            IdentityOf(options, provider.GetRequiredService<TimeProvider>()),
            provider.GetRequiredService<TimeProvider>(),
            new Random(RandomNumberGenerator.GetInt32(int.MaxValue)),
            provider.GetRequiredService<ILogger<EventClusterClient>>(),
            provider.GetRequiredService<GatewayLoss>()));
        return services;
    }

    private static EdgeIdentity IdentityOf(EventClusterClientOptions options, TimeProvider time) => options.Name is { } name
        ? new EdgeIdentity($"client/{name}", time.GetUtcNow().ToUnixTimeSeconds())
        : new EdgeIdentity($"client/{RandomNumberGenerator.GetHexString(32)}", generation: 0);
}
