using System.Security.Cryptography;
using System.Text;
using Azure.Data.Tables;
using EventCluster.Protocol;
using EventCluster.Storage.AzureTables.Keys;
using EventCluster.Storage.AzureTables.Tables;

namespace EventCluster.Storage.AzureTables.Index;

/// <summary>
/// Names by a time: what is due, or what is to be swept. A few partitions, by a hash of the name, because one takes some
/// 2,000 requests a second; rows ascend by time.
/// </summary>
internal sealed class TimedIndex(EntityTable index, char kind)
{
    /// <summary>Partitions.</summary>
    public const int Shards = 4;

    private const string Name = "Name";
    private const int TimeDigits = 16;
    private const int HashDigits = 32;

    /// <summary>Notes a name before the commit that says so.</summary>
    public Task AddAsync(StreamName name, long milliseconds, Stamp stamp, CancellationToken cancellationToken)
    {
        var entry = EntryOf(name, milliseconds, stamp);
        return index.UpsertAsync(new TableEntity(entry.Partition, entry.Row) { [Name] = name.Value }, cancellationToken);
    }

    /// <summary>The entry of a name, a time and an attempt.</summary>
    public IndexEntry EntryOf(StreamName name, long milliseconds, Stamp stamp)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name.Value)).AsSpan(0, HashDigits / 2));
        return new IndexEntry(name, stamp, PartitionOf(hash[0] % Shards), $"{TimeKey(milliseconds)}{hash}{stamp}");
    }

    /// <summary>Entries of one partition up to a time, earliest first.</summary>
    /// <param name="shard">0 to <see cref="Shards"/> − 1.</param>
    /// <param name="milliseconds">Last time wanted.</param>
    /// <param name="after">Row to continue after; empty for the start.</param>
    /// <param name="limit">Most entries.</param>
    /// <param name="cancellationToken">Abandons it.</param>
    public async Task<List<IndexEntry>> ListAsync(
        int shard, long milliseconds, string after, int limit, CancellationToken cancellationToken)
    {
        var rows = await index.QueryAsync(
            $"PartitionKey eq '{PartitionOf(shard)}' and RowKey gt '{after}' and RowKey lt '{TimeKey(milliseconds)}g'",
            limit,
            select: null,
            cancellationToken);
        return rows.ConvertAll(row => new IndexEntry(
            StreamName.Parse(row.GetString(Name)),
            RowKeys.StampOf(row.RowKey[(TimeDigits + HashDigits - 1)..]),
            row.PartitionKey,
            row.RowKey));
    }

    // Behind the last entry of a time: 'g' follows all digits. Times before 1970 sort first.
    private static string TimeKey(long milliseconds) => $"{unchecked((ulong)milliseconds ^ (1UL << 63)):x16}";

    private string PartitionOf(int shard) => $"{kind}{shard}";
}
