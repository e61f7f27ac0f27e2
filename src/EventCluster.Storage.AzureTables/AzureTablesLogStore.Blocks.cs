using Azure.Data.Tables;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.AzureTables.Entities;
using EventCluster.Storage.AzureTables.Keys;

namespace EventCluster.Storage.AzureTables;

/// <content>Reading blocks.</content>
public sealed partial class AzureTablesLogStore
{
    /// <summary>
    /// Rows of the first page of a read: a waiting reader wants one block, and rows may be a megabyte. Each further page is
    /// four times as long.
    /// </summary>
    private const int FirstPageRows = 8;

    private const int PageGrowth = 4;

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<EventBlock>> ReadAsync(
        BlockRange range, int maxBytes, CancellationToken cancellationToken)
    {
        List<EventBlock> answer = [];
        if (range.From >= range.To || await FindRecordAsync(range.Stream, cancellationToken) is not { Exists: true } record)
        {
            return answer;
        }

        long left = maxBytes;
        var next = range.From;
        await foreach (var parts in BlocksAsync(range, cancellationToken))
        {
            var info = BlockEntities.ReadInfo(parts[0]);

            // A purge may have cut the row of blocks, also between two pages.
            if (info is not { } block || block.FirstSequence > next || block.EndSequence <= next
                || !record.Shows(block.Incarnation, block.FirstSequence, block.EndSequence)
                || (answer.Count > 0 && BlockEntities.BytesOf(parts[0]) > left)
                || !await IsWholeAsync(parts, range, block, cancellationToken))
            {
                break;
            }

            answer.Add(BlockEntities.Join(range.Stream, parts));
            left -= answer[^1].Encoded.Length;
            next = block.EndSequence;
            if (next >= range.To)
            {
                break;
            }
        }

        return answer;
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<BlockInfo>> ListBlocksAsync(
        StreamName name, long from, int limit, CancellationToken cancellationToken)
    {
        List<BlockInfo> blocks = [];
        if (await FindRecordAsync(name, cancellationToken) is not { Exists: true } record)
        {
            return blocks;
        }

        // Incarnations rise with the sequences, so the order of rows is the order of events.
        var row = RowKeys.OfBlock(record.Incarnations!.HolderOf(from), from + 1);
        await foreach (var entity in RowsAsync(
            name, row, RowKeys.AfterBlocks, TableLimits.MaxPageEntities, BlockEntities.InfoOnly, cancellationToken))
        {
            if (BlockEntities.ReadInfo(entity) is { } info && record.Shows(info.Incarnation, info.FirstSequence, info.EndSequence))
            {
                blocks.Add(info);
                if (blocks.Count >= limit)
                {
                    break;
                }
            }
        }

        return blocks;
    }

    /// <summary>The entities of each block, from the one that holds the start of the range on.</summary>
    private async IAsyncEnumerable<List<TableEntity>> BlocksAsync(
        BlockRange range, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<TableEntity> parts = [];
        var first = RowKeys.OfBlock(range.Incarnation, range.From + 1);
        await foreach (var entity in RowsAsync(
            range.Stream, first, RowKeys.OfHistory(range.Incarnation + 1), FirstPageRows, select: null, cancellationToken))
        {
            if (parts.Count > 0 && RowKeys.PartOf(entity.RowKey) == 0)
            {
                yield return parts;
                parts = [];
            }

            parts.Add(entity);
            if (RowKeys.PartOf(parts[0].RowKey) == 0 && parts.Count == BlockEntities.PartsOf(BlockEntities.BytesOf(parts[0])))
            {
                yield return parts;
                parts = [];
            }
        }

        if (parts.Count > 0)
        {
            yield return parts;
        }
    }

    /// <summary>
    /// False for a block of which a part is gone because it was purged since the head was read. If it was not, putting it
    /// together reports the damage.
    /// </summary>
    private async Task<bool> IsWholeAsync(
        List<TableEntity> parts, BlockRange range, BlockInfo block, CancellationToken cancellationToken) =>
        parts.Count == BlockEntities.PartsOf(BlockEntities.BytesOf(parts[0]))
        || (await FindRecordAsync(range.Stream, cancellationToken))?.Shows(block.Incarnation, block.FirstSequence, block.EndSequence) == true;

    private async IAsyncEnumerable<TableEntity> RowsAsync(
        StreamName name,
        string first,
        string behind,
        int pageRows,
        IReadOnlyList<string>? select,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var partition = NameKey.Encode(name.Value);
        var lower = $"RowKey ge '{first}'";
        while (true)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var page = await _tables.Streams.QueryAsync(
                $"PartitionKey eq '{partition}' and {lower} and RowKey lt '{behind}'", pageRows, select, cancellationToken);
            foreach (var entity in page)
            {
                yield return entity;
            }

            if (page.Count < pageRows)
            {
                yield break;
            }

            lower = $"RowKey gt '{page[^1].RowKey}'";
            pageRows = Math.Min(TableLimits.MaxPageEntities, pageRows * PageGrowth);
        }
    }
}
