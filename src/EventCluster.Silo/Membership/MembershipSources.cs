using System.Net;
using Azure.Data.Tables;
using EventCluster.Hosting.Configuration;
using EventCluster.Orleans.Settings;
using Orleans.Clustering.AzureStorage;
using Orleans.Configuration;

namespace EventCluster.Silo.Membership;

/// <summary>Where silos find each other, and where Orleans keeps the cluster's settings: beside the streams.</summary>
internal static class MembershipSources
{
    private const string MembersSuffix = "members";
    private const string StateSuffix = "state";

    /// <summary>True when tables of Orleans' ADO.NET providers are needed.</summary>
    public static bool UsesPostgreSql(ClusterNodeOptions options) =>
        options.Store == StoreKind.Postgresql || options.Cluster.Membership == MembershipKind.Postgresql;

    /// <summary>The membership that the operator chose.</summary>
    public static void UseEventClusterMembership(this ISiloBuilder silo, ClusterNodeOptions options)
    {
        var cluster = options.Cluster;
        switch (cluster.Membership)
        {
            case MembershipKind.Localhost:
                var primary = cluster.PrimarySiloPort == 0 ? cluster.SiloPort : cluster.PrimarySiloPort;
                silo.UseLocalhostClustering(
                    cluster.SiloPort, cluster.GatewayPort, new IPEndPoint(IPAddress.Loopback, primary), options.ClusterId, options.ClusterId);
                break;
            case MembershipKind.AzureTables:
                silo.UseAzureStorageClustering((AzureStorageClusteringOptions it) =>
                {
                    it.TableServiceClient = ServiceOf(options);
                    it.TableName = options.AzureTables.Table + MembersSuffix;
                });
                break;
            default:
                silo.UseAdoNetClustering(it => (it.Invariant, it.ConnectionString) = ("Npgsql", ConnectionOf(options)));
                break;
        }
    }

    /// <summary>The storage of the grain that keeps the settings.</summary>
    public static void AddEventClusterSettings(this ISiloBuilder silo, ClusterNodeOptions options)
    {
        if (options.Store == StoreKind.AzureTables)
        {
            silo.AddAzureTableGrainStorage(ClusterSettingsGrain.StorageName, (AzureTableStorageOptions it) =>
            {
                it.TableServiceClient = ServiceOf(options);
                it.TableName = options.AzureTables.Table + StateSuffix;
            });
        }
        else
        {
            silo.AddAdoNetGrainStorage(
                ClusterSettingsGrain.StorageName, it => (it.Invariant, it.ConnectionString) = ("Npgsql", ConnectionOf(options)));
        }
    }

    private static TableServiceClient ServiceOf(ClusterNodeOptions options) => new(options.AzureTables.ConnectionString);

    private static string ConnectionOf(ClusterNodeOptions options) =>
        OrleansTables.ConnectionOf(options.PostgreSql.ConnectionString, options.PostgreSql.Schema);
}
