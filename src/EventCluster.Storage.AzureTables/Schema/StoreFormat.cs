using Azure.Data.Tables;
using EventCluster.Storage.AzureTables.Tables;

namespace EventCluster.Storage.AzureTables.Schema;

/// <summary>The entity that says whose tables these are and how they are laid out.</summary>
internal sealed class StoreFormat(TableSet tables, AzureTablesOptions options)
{
    /// <summary>The partition of everything that is not a stream; no stream's key begins like it.</summary>
    public const string Partition = "store";

    /// <summary>
    /// The layout of this build: 3 gave the data an identity. Builds of layout 1 say that they support 2 as well, so that number was
    /// left out for their refusal to be understood.
    /// </summary>
    public const int Newest = 3;

    /// <summary>The oldest layout whose binaries may still use tables of this build.</summary>
    public const int OldestBinary = 3;

    private const string Row = "format";
    private const string Version = "Version";
    private const string Oldest = "OldestBinary";
    private const string Cluster = "ClusterId";

    /// <summary>Makes the tables if they are missing, and checks that this build and this cluster may use them.</summary>
    /// <param name="refuseEarlierSilos">Throws while silos of an earlier layout run.</param>
    /// <param name="cancellationToken">Abandons it.</param>
    /// <exception cref="AzureTablesUnusableException">They may not.</exception>
    public async Task PrepareAsync(Func<CancellationToken, Task> refuseEarlierSilos, CancellationToken cancellationToken)
    {
        await tables.Streams.CreateAsync(cancellationToken);
        await tables.Index.CreateAsync(cancellationToken);
        var mine = new TableEntity(Partition, Row) { [Version] = Newest, [Oldest] = OldestBinary, [Cluster] = options.ClusterId };
        while (true)
        {
            if (await tables.Streams.FindAsync(Partition, Row, select: null, cancellationToken) is { } found)
            {
                Check(found);
                if (found.GetInt32(Version) >= Newest)
                {
                    return;
                }

                await refuseEarlierSilos(cancellationToken);
                await tables.Streams.TryUpdateAsync(mine, found.ETag, TableUpdateMode.Merge, cancellationToken);
                continue;
            }

            await tables.Streams.TryAddAsync(mine, cancellationToken);
        }
    }

    private void Check(TableEntity found)
    {
        if (found.GetString(Cluster) is var cluster && cluster != options.ClusterId)
        {
            throw new AzureTablesUnusableException(
                $"The table '{options.Table}' belongs to the cluster '{cluster}', and this node is of '{options.ClusterId}'; "
                + "give each cluster tables of its own.");
        }

        // The next layout is made so that this one still works beside it; what comes after that is unknown.
        if (found.GetInt32(Version) is var version
            && (version is null or > Newest + 1 || found.GetInt32(Oldest) is null or > Newest))
        {
            throw new AzureTablesUnusableException(
                $"The table '{options.Table}' has version {version}, and this build supports 1 to {Newest + 1}; "
                + "start a newer version of EventCluster.");
        }
    }
}
