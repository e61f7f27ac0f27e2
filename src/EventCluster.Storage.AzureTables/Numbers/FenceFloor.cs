using Azure.Data.Tables;
using EventCluster.Storage.AzureTables.Schema;
using EventCluster.Storage.AzureTables.Tables;

namespace EventCluster.Storage.AzureTables.Numbers;

/// <summary>
/// The largest fence of all names that were forgotten. A name nobody remembers gets a fence above it, so it is raised before
/// anything is forgotten.
/// </summary>
internal sealed class FenceFloor(EntityTable table)
{
    private const string Row = "fences";
    private const string Value = "Floor";

    /// <summary>The floor as it is now.</summary>
    public async Task<long> ReadAsync(CancellationToken cancellationToken) =>
        (await table.FindAsync(StoreFormat.Partition, Row, select: null, cancellationToken))?.GetInt64(Value) ?? 0;

    /// <summary>Raises it to a fence at least.</summary>
    public async Task RaiseAsync(long fence, CancellationToken cancellationToken)
    {
        while (true)
        {
            var found = await table.FindAsync(StoreFormat.Partition, Row, select: null, cancellationToken);
            if (found?.GetInt64(Value) >= fence)
            {
                return;
            }

            var entity = new TableEntity(StoreFormat.Partition, Row) { [Value] = fence };
            var landed = found is null
                ? await table.TryAddAsync(entity, cancellationToken)
                : await table.TryUpdateAsync(entity, found.ETag, TableUpdateMode.Replace, cancellationToken);
            if (landed is not null)
            {
                return;
            }
        }
    }
}
