using Azure;
using Azure.Data.Tables;
using EventCluster.Storage.AzureTables.Tables;

namespace EventCluster.Storage.AzureTables.Identity;

/// <summary>The values by which two nodes find out that they use one table.</summary>
internal sealed class Proofs(EntityTable table, TimeProvider time)
{
    private const string Partition = "proof";

    /// <summary>A handshake is over long before.</summary>
    private static readonly TimeSpan _lifetime = TimeSpan.FromMinutes(10);

    /// <summary>Writes one, and sweeps some that nodes which died left behind.</summary>
    public async Task WriteAsync(Guid value, CancellationToken cancellationToken)
    {
        await table.UpsertAsync(new TableEntity(Partition, RowOf(value)), cancellationToken);
        foreach (var row in await table.QueryAsync($"PartitionKey eq '{Partition}'", TableLimits.MaxPageEntities, select: null, cancellationToken))
        {
            if (row.Timestamp is { } at && time.GetUtcNow() - at > _lifetime)
            {
                await table.TryDeleteAsync(Partition, row.RowKey, row.ETag, cancellationToken);
            }
        }
    }

    public async Task<bool> HasAsync(Guid value, CancellationToken cancellationToken) =>
        await table.FindAsync(Partition, RowOf(value), select: null, cancellationToken) is not null;

    public Task RemoveAsync(Guid value, CancellationToken cancellationToken) =>
        table.TryDeleteAsync(Partition, RowOf(value), ETag.All, cancellationToken);

    private static string RowOf(Guid value) => value.ToString("N");
}
