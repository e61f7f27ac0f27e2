using Azure;
using Azure.Data.Tables;
using EventCluster.Abstractions.Store;
using EventCluster.Storage.AzureTables.Schema;
using EventCluster.Storage.AzureTables.Tables;

namespace EventCluster.Storage.AzureTables.Identity;

/// <summary>The entity of the identity, beside the streams.</summary>
internal sealed class IdentityEntity(TableSet tables)
{
    private const string Row = "identity";
    private const string Id = "Id";
    private const string Medium = "Medium";
    private const string Restoring = "Restoring";
    private const string Lost = "Lost";

    /// <summary>
    /// The identity that the data carry, whether a restore of them was begun and not ended, and whether the service has lost writes that it
    /// had acknowledged; null for none.
    /// </summary>
    public async Task<(StoreIdentity Identity, bool IsRestoring, bool HasLost)?> ReadAsync(CancellationToken cancellationToken) =>
        await tables.Streams.FindAsync(StoreFormat.Partition, Row, select: null, cancellationToken) is { } found
            ? (new StoreIdentity(found.GetString(Id) ?? "", found.GetString(Medium) ?? ""), found.GetBoolean(Restoring) is true, found.GetBoolean(Lost) is true)
            : null;

    /// <summary>Notes that the service has lost writes. Only <see cref="RenewAsync"/> takes the note away.</summary>
    public Task<ETag?> NoteLossAsync(CancellationToken cancellationToken) => tables.Streams.TryUpdateAsync(
        new TableEntity(StoreFormat.Partition, Row) { [Lost] = true }, ETag.All, TableUpdateMode.Merge, cancellationToken);

    /// <summary>Writes an identity unless there is one; nodes that start at once all end with the same.</summary>
    public Task<ETag?> DrawAsync(CancellationToken cancellationToken) =>
        tables.Streams.TryAddAsync(Entity(StoreIdentity.Draw(tables.Medium), isRestoring: false), cancellationToken);

    /// <summary>Notes that a restore has begun: the histories are of two minds until it has ended.</summary>
    public Task BeginToRestoreAsync(StoreIdentity? before, CancellationToken cancellationToken) =>
        tables.Streams.UpsertAsync(Entity(before ?? StoreIdentity.Draw(tables.Medium), isRestoring: true), cancellationToken);

    /// <summary>Replaces it.</summary>
    public Task RenewAsync(CancellationToken cancellationToken) =>
        tables.Streams.UpsertAsync(Entity(StoreIdentity.Draw(tables.Medium), isRestoring: false), cancellationToken);

    private static TableEntity Entity(StoreIdentity identity, bool isRestoring) => new(StoreFormat.Partition, Row)
    {
        [Id] = identity.Id,
        [Medium] = identity.Medium,
        [Restoring] = isRestoring,
    };
}
