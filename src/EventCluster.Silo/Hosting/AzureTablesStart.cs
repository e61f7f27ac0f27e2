using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Node;
using EventCluster.Protocol;
using EventCluster.Storage.AzureTables;

namespace EventCluster.Silo.Hosting;

/// <summary>The shared store on Azure Tables with the operator's options.</summary>
internal static class AzureTablesStart
{
    public static Task<AzureTablesLogStore> OpenAsync(
        ClusterNodeOptions options, NodeStart start, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken) =>
        AzureTablesLogStore.OpenAsync(
            new AzureTablesOptions
            {
                ConnectionString = options.AzureTables.ConnectionString,
                Table = options.AzureTables.Table,
                ClusterId = options.AzureTables.ClusterId,
                NodeName = options.NodeName,
                Restored = start.Restored,
                MaxStreams = options.Limits.Streams,
                MaxRequests = options.AzureTables.MaxRequests,
                RequestTimeout = options.AzureTables.RequestTimeout,
                ConnectTimeout = options.AzureTables.ConnectTimeout,
            },
            time,
            loggers.CreateLogger<AzureTablesLogStore>(),
            cancellationToken);

    /// <summary>
    /// Sets the limit of appends to what the store takes, unless the operator chose one; a line for the operator when that is
    /// above it (CORRECTNESS rule 13), else null.
    /// </summary>
    public static string? FitAppends(ClusterNodeOptions options)
    {
        var most = options.Store == StoreKind.AzureTables ? AzureTablesLogStore.MaxAppendBytes : ProtocolLimits.MaxRequestBodyBytes;
        if (options.Limits.AppendBytes > most)
        {
            return $"'EventCluster:Limits:AppendBytes' is {options.Limits.AppendBytes}, and azure-tables takes {most} bytes in one append; "
                + "a transaction of the service holds no more";
        }

        options.Limits.AppendBytes = options.Limits.AppendBytes == 0 ? most : options.Limits.AppendBytes;
        return null;
    }
}
