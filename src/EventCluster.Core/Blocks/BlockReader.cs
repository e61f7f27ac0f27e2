using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Decisions;
using EventCluster.Core.State;

namespace EventCluster.Core.Blocks;

/// <summary>
/// Reads a stream's events from the store as one committed instant names them: its own blocks, and inherited ones from
/// the ancestors that store them, without asking the ancestors' owners.
/// </summary>
internal sealed class BlockReader(ILogStore store, IncarnationNumbers incarnations)
{
    private const int BlocksPerPage = 4_096;

    /// <summary>Numbers for new incarnations.</summary>
    public IncarnationNumbers Incarnations => incarnations;

    /// <summary>Events from a sequence on, up to the instant's tail and a budget; none when they were purged meanwhile.</summary>
    public async ValueTask<IReadOnlyList<BlockSlice>> ReadAsync(
        StreamView view, long from, int maxBytes, int maxEvents, CancellationToken cancellationToken)
    {
        var builder = new SliceBuilder(maxBytes, maxEvents);
        var next = from;
        while (next < view.Head.Tail)
        {
            var (range, end) = RangeAt(view, next);
            var blocks = await store.ReadAsync(range, Math.Max(1, builder.BytesLeft), cancellationToken);
            foreach (var block in blocks)
            {
                var last = (int)(Math.Min(block.EndSequence, end) - block.FirstSequence);
                if (!builder.Add(block, (int)(next - block.FirstSequence), last))
                {
                    return builder.Slices;
                }

                next = block.FirstSequence + last;
            }

            if (next < end)
            {
                // The store's byte budget ended, or the rest was purged: both are for the next read to find out.
                break;
            }
        }

        return builder.Slices;
    }

    /// <summary>The oldest blocks that the stream still serves, from its earliest position on.</summary>
    public async ValueTask<IReadOnlyList<RetainedBlock>> ListOldestAsync(StreamView view, int limit)
    {
        List<RetainedBlock> blocks = [];
        var next = view.Head.Earliest;
        while (next < view.Head.Tail && blocks.Count < limit)
        {
            var page = await ListAsync(view, next, Math.Min(limit - blocks.Count, BlocksPerPage));
            if (page.Count == 0)
            {
                break;
            }

            blocks.AddRange(page);
            next = page[^1].End;
        }

        return blocks;
    }

    /// <summary>Payload bytes of the stream's own events from its earliest position up to a sequence.</summary>
    public async ValueTask<long> SumOwnBytesAsync(StreamView view, long before)
    {
        if (before == view.Head.Tail)
        {
            return view.Head.RetainedBytes;
        }

        long bytes = 0;
        var next = Math.Max(view.Head.Earliest, view.State.Origin?.Point ?? 0);
        while (next < before)
        {
            var page = await ListAsync(view, next, BlocksPerPage);
            foreach (var block in page)
            {
                if (block.End > before)
                {
                    return bytes + await BytesBetweenAsync(view, next, before);
                }

                bytes += block.OwnBytes;
                next = block.End;
            }

            if (page.Count == 0)
            {
                throw new LogDamagedException($"Stream '{view.Name}' has no stored block at sequence {next}.");
            }
        }

        return bytes;
    }

    private async ValueTask<List<RetainedBlock>> ListAsync(StreamView view, long from, int limit)
    {
        var (stream, end) = view.StorageOf(from);
        var infos = await store.ListBlocksAsync(stream, from, limit, CancellationToken.None);
        List<RetainedBlock> blocks = new(infos.Count);
        foreach (var info in infos)
        {
            if (info.FirstSequence >= end)
            {
                break;
            }

            var first = Math.Max(info.FirstSequence, from);
            var last = Math.Min(info.EndSequence, end);
            var ownBytes = stream != view.Name ? 0
                : first == info.FirstSequence ? info.PayloadBytes
                : await BytesBetweenAsync(view, first, info.EndSequence);
            blocks.Add(new RetainedBlock(last, (int)(last - first), ownBytes, info.LastTimeMilliseconds));
        }

        return blocks;
    }

    private async ValueTask<long> BytesBetweenAsync(StreamView view, long from, long to)
    {
        var blocks = await store.ReadAsync(RangeAt(view, from).Range, 1, CancellationToken.None);
        return blocks.Count == 0
            ? throw new LogDamagedException($"Stream '{view.Name}' has no stored block at sequence {from}.")
            : blocks[0].GetPayloadBytes((int)(from - blocks[0].FirstSequence), (int)(to - blocks[0].FirstSequence));
    }

    /// <summary>The store's range that has the event with this sequence before it, and where that range ends.</summary>
    public static (BlockRange Range, long End) RangeAt(StreamView view, long sequence)
    {
        var (stream, end) = view.StorageOf(sequence);
        end = Math.Min(Math.Min(end, view.Head.Tail), view.Incarnations.EndOfHolder(sequence) ?? long.MaxValue);
        return (new BlockRange(stream, view.Incarnations.HolderOf(sequence), sequence, end), end);
    }
}
