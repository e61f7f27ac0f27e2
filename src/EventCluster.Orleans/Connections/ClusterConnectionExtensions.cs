using EventCluster.Orleans.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts the handshake of a cluster's connections into Orleans.</summary>
internal static class ClusterConnectionExtensions
{
    /// <summary>A silo: both of its ports, and the connections that it opens to other silos.</summary>
    public static void AddSiloHandshakes(this IServiceCollection services)
    {
        services.TryAddSingleton<PeerRefusals>();
        services.TryAddSingleton<ClusterHandshakes>();
        services.AddOptions<SiloConnectionOptions>().Configure<ClusterHandshakes>(static (connections, handshakes) =>
        {
            connections.ConfigureSiloInboundConnection(builder => handshakes.UseAccepting(builder, ClusterPort.Silo));
            connections.ConfigureSiloOutboundConnection(builder => handshakes.UseConnecting(builder, ClusterPort.Silo));
            connections.ConfigureGatewayInboundConnection(builder => handshakes.UseAccepting(builder, ClusterPort.Gateway));
        });
    }

    /// <summary>A publisher: the connections that it opens to gateways.</summary>
    public static void AddPublisherHandshakes(this IServiceCollection services)
    {
        services.TryAddSingleton<PeerRefusals>();
        services.TryAddSingleton<ClusterHandshakes>();
        services.AddOptions<ClientConnectionOptions>().Configure<ClusterHandshakes>(static (connections, handshakes) =>
            connections.ConfigureConnection(builder => handshakes.UseConnecting(builder, ClusterPort.Gateway)));
    }
}
