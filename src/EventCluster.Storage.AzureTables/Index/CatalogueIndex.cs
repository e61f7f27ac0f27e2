using Azure.Data.Tables;
using EventCluster.Protocol;
using EventCluster.Storage.AzureTables.Keys;
using EventCluster.Storage.AzureTables.Tables;

namespace EventCluster.Storage.AzureTables.Index;

/// <summary>
/// The names of all streams in byte order: a partition per name, so that the service can spread them, and in it a row per
/// creation. It may hold names without a stream; the heads decide.
/// </summary>
internal sealed class CatalogueIndex(EntityTable index)
{
    private static readonly string[] _keys = ["PartitionKey", "RowKey"];

    /// <summary>Notes a name before the commit that creates its stream.</summary>
    public Task AddAsync(StreamName name, Stamp birth, CancellationToken cancellationToken)
    {
        var entry = EntryOf(name, birth);
        return index.UpsertAsync(new TableEntity(entry.Partition, entry.Row), cancellationToken);
    }

    /// <summary>The entry of a creation.</summary>
    public static IndexEntry EntryOf(StreamName name, Stamp birth) => new(name, birth, NameKey.Encode(name.Value), birth.ToString());

    /// <summary>Entries of the next names, ascending. A name's entries may be cut at the limit.</summary>
    /// <param name="prefix">Of the names.</param>
    /// <param name="after">Name to continue after, or null.</param>
    /// <param name="limit">Most entries.</param>
    /// <param name="cancellationToken">Abandons it.</param>
    public async Task<List<IndexEntry>> ListAsync(
        string prefix, StreamName? after, int limit, CancellationToken cancellationToken)
    {
        var from = prefix.Length == 0 ? NameKey.First : NameKey.Encode(prefix);
        var lower = after is { } name && string.CompareOrdinal(NameKey.Encode(name.Value), from) >= 0
            ? $"PartitionKey gt '{NameKey.Encode(name.Value)}'"
            : $"PartitionKey ge '{from}'";
        var upper = prefix.Length == 0 ? NameKey.Above : NameKey.Encode(prefix) + NameKey.Above;
        var rows = await index.QueryAsync($"{lower} and PartitionKey lt '{upper}'", limit, _keys, cancellationToken);
        return rows.ConvertAll(row => new IndexEntry(
            StreamName.Parse(NameKey.Decode(row.PartitionKey)), Parse(row.RowKey), row.PartitionKey, row.RowKey));
    }

    private static Stamp Parse(string row) => RowKeys.StampOf(" " + row);
}
