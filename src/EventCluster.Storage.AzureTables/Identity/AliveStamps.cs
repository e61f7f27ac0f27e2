using System.Security.Cryptography;
using Azure;
using Azure.Data.Tables;
using EventCluster.Storage.AzureTables.Tables;

namespace EventCluster.Storage.AzureTables.Identity;

/// <summary>
/// One stamp for each node that uses the tables. The service knows no sessions, so that a node lives is seen only while its stamp
/// moves: a copy carries the stamps, but nothing moves in it.
/// </summary>
internal sealed class AliveStamps(EntityTable table, AzureTablesOptions options, TimeProvider time)
{
    private const string Partition = "alive";
    private const string Name = "Name";
    private const string Stamp = "Stamp";
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(500);

    /// <summary>A living node moves its stamp many thousand times as often.</summary>
    private static readonly TimeSpan _forgotten = TimeSpan.FromDays(1);

    private readonly string _row = RandomNumberGenerator.GetHexString(32, lowercase: true);
    private long _stamp;
    private long _acknowledged;

    /// <summary>
    /// Moves this node's. Each write names the one before it, so that one that was given up and lands late changes nothing.
    /// </summary>
    /// <returns>
    /// False when the service shows a stamp from before one that it had acknowledged: it has lost writes (CORRECTNESS rule 28), as after
    /// a failover of the account to its other region. One that is missing proves nothing; it may have been swept.
    /// </returns>
    public async Task<bool> TryMoveAsync(CancellationToken cancellationToken)
    {
        var found = await table.FindAsync(Partition, _row, select: null, cancellationToken);
        if (found?.GetInt64(Stamp) < _acknowledged)
        {
            return false;
        }

        var stamp = ++_stamp;
        var moved = new TableEntity(Partition, _row) { [Name] = options.NodeName, [Stamp] = stamp };
        if ((found is null
            ? await table.TryAddAsync(moved, cancellationToken)
            : await table.TryUpdateAsync(moved, found.ETag, TableUpdateMode.Replace, cancellationToken)) is not null)
        {
            _acknowledged = stamp;
        }

        return true;
    }

    /// <summary>Takes this node's away.</summary>
    public Task RemoveAsync(CancellationToken cancellationToken) =>
        table.TryDeleteAsync(Partition, _row, ETag.All, cancellationToken);

    /// <summary>Watches those of others and says whose moved.</summary>
    public async Task<IReadOnlyList<string>> WatchAsync(CancellationToken cancellationToken)
    {
        var first = await ReadAsync(cancellationToken);
        var begun = time.GetTimestamp();
        do
        {
            await Task.Delay(_look, time, cancellationToken);
            var moved = (await ReadAsync(cancellationToken))
                .Where(node => !first.TryGetValue(node.Key, out var before) || before.Stamp != node.Value.Stamp)
                .Select(node => node.Value.Name)
                .Order(StringComparer.Ordinal)
                .ToArray();
            if (moved.Length > 0)
            {
                return moved;
            }
        }
        while (time.GetElapsedTime(begun) < options.AliveWatch);
        return [];
    }

    /// <summary>Forgets nodes that ended long ago without taking their stamp away.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (var row in await table.QueryAsync($"PartitionKey eq '{Partition}'", TableLimits.MaxPageEntities, select: null, cancellationToken))
        {
            if (row.Timestamp is { } at && time.GetUtcNow() - at > _forgotten)
            {
                await table.TryDeleteAsync(Partition, row.RowKey, row.ETag, cancellationToken);
            }
        }
    }

    private async Task<Dictionary<string, (string Name, long? Stamp)>> ReadAsync(CancellationToken cancellationToken) =>
        (await table.QueryAsync($"PartitionKey eq '{Partition}'", int.MaxValue, select: null, cancellationToken))
            .Where(row => row.RowKey != _row)
            .ToDictionary(row => row.RowKey, row => (row.GetString(Name) ?? "a node without a name", row.GetInt64(Stamp)));
}
