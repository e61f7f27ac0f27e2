using Azure;
using Azure.Data.Tables;
using EventCluster.Abstractions.Store;
using EventCluster.Storage.AzureTables.Entities;
using EventCluster.Storage.AzureTables.Index;
using EventCluster.Storage.AzureTables.Keys;
using EventCluster.Storage.AzureTables.Numbers;
using EventCluster.Storage.AzureTables.Tables;

namespace EventCluster.Storage.AzureTables.Maintenance;

/// <summary>
/// Deletes what commits only marked: purged blocks, everything of removed streams, fences of names without a stream. Follows
/// the notes that were written before those commits; nodes that do the same work at once only waste some of it.
/// </summary>
internal sealed class Sweeper(
    TableSet tables, TimedIndex notes, FenceFloor floor, AzureTablesOptions options, TimeProvider time, AzureTablesInstruments instruments)
{
    private const int NotesPerPage = 100;

    /// <summary>Deletions in one transaction; the hundredth entity is the head, whose condition guards them.</summary>
    private const int RowsPerBatch = TableLimits.MaxTransactionEntities - 1;

    private static readonly string[] _rowOnly = ["RowKey"];

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Follows every note whose time has come.</summary>
    /// <returns>Entities deleted.</returns>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var deleted = 0;
        for (var shard = 0; shard < TimedIndex.Shards; shard++)
        {
            List<IndexEntry> page = [];
            do
            {
                var after = page.Count == 0 ? "" : page[^1].Row;
                page = await notes.ListAsync(shard, Now, after, NotesPerPage, cancellationToken);
                foreach (var note in page)
                {
                    deleted += await FollowAsync(note, cancellationToken);
                }
            }
            while (page.Count == NotesPerPage);
        }

        return deleted;
    }

    private async Task<int> FollowAsync(IndexEntry note, CancellationToken cancellationToken)
    {
        var head = await tables.Streams.FindAsync(NameKey.Encode(note.Name.Value), RowKeys.Head, select: null, cancellationToken);
        var record = head is null ? null : HeadEntity.Read(head);
        if (note.Judge(record, default) == EntryState.Pending)
        {
            return 0;
        }

        var (deleted, isDone) = record switch
        {
            null => (0, true),
            { Exists: true } => await SweepLivingAsync(record, cancellationToken),
            _ => await SweepGoneAsync(record, cancellationToken),
        };
        instruments.Purged(deleted);
        if (isDone)
        {
            await tables.Index.TryDeleteAsync(note.Partition, note.Row, ETag.All, cancellationToken);
        }

        return deleted;
    }

    /// <summary>Deletes purged blocks, and what an earlier stream of this name left.</summary>
    private async Task<(int Deleted, bool IsDone)> SweepLivingAsync(StreamRecord record, CancellationToken cancellationToken)
    {
        List<string> doomed = [];
        foreach (var range in record.Purged.Ranges)
        {
            foreach (var history in record.Incarnations!)
            {
                doomed.AddRange(await ListPurgedAsync(record, history.Incarnation, range, cancellationToken));
            }
        }

        if (record.Birth.Step > 1)
        {
            doomed.AddRange(await ListStrangersAsync(record, cancellationToken));
        }

        var deleted = 0;
        foreach (var batch in doomed.Chunk(RowsPerBatch))
        {
            if (await tables.Streams.TrySubmitAsync(Deletions(record, batch), cancellationToken) is null)
            {
                return (deleted, false);
            }

            deleted += batch.Length;
        }

        return (deleted, true);
    }

    /// <summary>
    /// Deletes all rows of a removed stream. The head's condition is in every transaction: whoever creates the name anew in
    /// between loses nothing. Then the fence is forgotten when it is old, or noted for later.
    /// </summary>
    private async Task<(int Deleted, bool IsDone)> SweepGoneAsync(StreamRecord record, CancellationToken cancellationToken)
    {
        var deleted = 0;
        var etag = record.ETag;
        while (true)
        {
            var rows = await tables.Streams.QueryAsync(
                $"PartitionKey eq '{NameKey.Encode(record.Name.Value)}' and RowKey ne '{RowKeys.Head}'", RowsPerBatch, _rowOnly, cancellationToken);
            if (rows.Count == 0)
            {
                break;
            }

            var guard = HeadEntity.Of(record.Name);
            guard[HeadEntity.Fence] = record.Fence;
            List<TableTransactionAction> actions =
                [new(TableTransactionActionType.UpdateMerge, guard, etag), .. Deletions(record, rows.ConvertAll(row => row.RowKey))];
            if (await tables.Streams.TrySubmitAsync(actions, cancellationToken) is not { } moved)
            {
                return (deleted, false);
            }

            etag = moved;
            deleted += rows.Count;
        }

        return (deleted, await ForgetAsync(record, etag, cancellationToken));
    }

    private async Task<bool> ForgetAsync(StreamRecord record, ETag etag, CancellationToken cancellationToken)
    {
        var oldAt = (record.ChangedAt + options.FenceMemory).ToUnixTimeMilliseconds();
        if (oldAt > Now)
        {
            await notes.AddAsync(record.Name, oldAt, default, cancellationToken);
            return true;
        }

        // First the floor: a name that is not known any more gets a fence above it.
        await floor.RaiseAsync(record.Fence, cancellationToken);
        return await tables.Streams.TryDeleteAsync(NameKey.Encode(record.Name.Value), RowKeys.Head, etag, cancellationToken) is not null;
    }

    private async Task<IEnumerable<string>> ListPurgedAsync(
        StreamRecord record, long incarnation, SequenceRange range, CancellationToken cancellationToken)
    {
        var rows = await tables.Streams.QueryAsync(
            $"PartitionKey eq '{NameKey.Encode(record.Name.Value)}' and RowKey ge '{RowKeys.OfBlock(incarnation, range.From + 1)}' "
            + $"and RowKey lt '{RowKeys.OfBlock(incarnation, range.To + 1)}'",
            int.MaxValue,
            BlockEntities.InfoOnly,
            cancellationToken);

        // The first block may begin before the range; it stays, with all its parts.
        var stays = rows.Count > 0 && BlockEntities.ReadInfo(rows[0]) is { } first && first.FirstSequence < range.From ? first.EndSequence : -1;
        return rows.Select(row => row.RowKey).Where(row => RowKeys.EndOf(row) != stays);
    }

    /// <summary>
    /// Rows of an earlier stream of this name: blocks of incarnations below the newest that are none of its histories, producers
    /// and states stamped before its birth. Incarnations and stamps only rise, so none of them can be new.
    /// </summary>
    private async Task<IEnumerable<string>> ListStrangersAsync(StreamRecord record, CancellationToken cancellationToken)
    {
        var histories = record.Incarnations!.Select(history => history.Incarnation).ToHashSet();
        var blocks = await ListAsync(RowKeys.Block, RowKeys.OfHistory(record.Incarnations!.Latest.Incarnation));
        var others = await ListAsync(RowKeys.Producer, RowKeys.AfterAll);
        return [
            .. blocks.Where(row => !histories.Contains(RowKeys.IncarnationOf(row))),
            .. others.Where(row => RowKeys.StampOf(row).IsBefore(record.Birth)),
        ];

        async Task<IEnumerable<string>> ListAsync(string first, string behind) =>
            (await tables.Streams.QueryAsync(
                $"PartitionKey eq '{NameKey.Encode(record.Name.Value)}' and RowKey ge '{first}' and RowKey lt '{behind}'",
                int.MaxValue,
                _rowOnly,
                cancellationToken)).Select(row => row.RowKey);
    }

    private static List<TableTransactionAction> Deletions(StreamRecord record, IReadOnlyList<string> rows)
    {
        var partition = NameKey.Encode(record.Name.Value);
        return [.. rows.Select(row => new TableTransactionAction(
            TableTransactionActionType.Delete, new TableEntity(partition, row), ETag.All))];
    }
}
