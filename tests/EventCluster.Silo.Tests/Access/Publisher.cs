using EventCluster.Orleans.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace EventCluster.Silo.Tests.Access;

/// <summary>An application that publishes without HTTP.</summary>
internal static class Publisher
{
    /// <summary>With the product's library.</summary>
    public static IHost Own(string cluster, string gateways, ClusterSecret? secret = null, ClusterTls? tls = null) =>
        Build(cluster, _ => { }, services => services.AddEventClusterClient(options =>
        {
            foreach (var gateway in gateways.Split(','))
            {
                options.Gateways.Add(gateway);
            }

            (options.Secret, options.Tls) = (secret, tls);
        }));

    /// <summary>A stranger who has Orleans and knows the cluster's name.</summary>
    public static IHost Stranger(string cluster, System.Net.IPEndPoint gateway) =>
        Build(cluster, client => client.UseStaticClustering(gateway), _ => { });

    /// <summary>Connects, as long as the limit lets it try.</summary>
    public static async Task<Exception?> ConnectAsync(this IHost host, TimeSpan limit)
    {
        using var end = new CancellationTokenSource(limit, TimeProvider.System);
        return await host.ConnectAsync(end.Token);
    }

    /// <summary>Connects until told to stop; gives why it did not.</summary>
    public static async Task<Exception?> ConnectAsync(this IHost host, CancellationToken end)
    {
        try
        {
            await host.StartAsync(end);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private static IHost Build(string cluster, Action<IClientBuilder> client, Action<IServiceCollection> services)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleansClient(orleans =>
        {
            orleans.Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = cluster);
            client(orleans);
        });
        services(builder.Services);
        return builder.Build();
    }
}
