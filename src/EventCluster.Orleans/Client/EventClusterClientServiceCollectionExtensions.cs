using System.Security.Cryptography;
using EventCluster.Orleans.Client;
using EventCluster.Orleans.Connections;
using EventCluster.Orleans.Directory;
using EventCluster.Orleans.Wire;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Messaging;
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
        if (options.Gateways.Count > 0)
        {
            AddGateways(services, options);
        }

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

    /// <summary>
    /// Registers <see cref="EventClusterClient"/> with what the application's configuration says under the silos' keys:
    /// <c>EventCluster:Cluster:Gateways</c>, <c>Secret</c> or <c>SecretFile</c>, <c>Tls:CertificatePath</c>, <c>KeyPath</c>,
    /// <c>AuthorityPath</c>, <c>PeerName</c>.
    /// </summary>
    /// <exception cref="InvalidOperationException">Something cannot be used; the message names it and shows no secret.</exception>
    public static IServiceCollection AddEventClusterClient(
        this IServiceCollection services, IConfiguration configuration, Action<EventClusterClientOptions>? configure = null) =>
        services.AddEventClusterClient(options =>
        {
            ClientSettings.Read(configuration, options);
            configure?.Invoke(options);
        });

    private static void AddGateways(IServiceCollection services, EventClusterClientOptions options)
    {
        var gateways = options.Gateways.Select(GatewayAddress.Parse).ToList();
        services.AddSingleton<IGatewayListProvider>(provider => new GatewayList(
            gateways, System.Net.Dns.GetHostAddressesAsync, provider.GetRequiredService<ILogger<GatewayList>>()));
        services.Configure<GatewayOptions>(static gateway => gateway.GatewayListRefreshPeriod = GatewayList.RefreshPeriod);
    }

    private static EdgeIdentity IdentityOf(EventClusterClientOptions options, TimeProvider time) => options.Name is { } name
        ? new EdgeIdentity($"client/{name}", time.GetUtcNow().ToUnixTimeSeconds())
        : new EdgeIdentity($"client/{RandomNumberGenerator.GetHexString(32)}", generation: 0);
}
