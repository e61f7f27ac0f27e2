using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Recovery;

namespace EventCluster.Storage.LocalDisk.Reading;

/// <summary>Reads blocks of one stream. Neighbours in a segment share one read; every checksum is verified.</summary>
internal static class BlockReader
{
    // Between the blocks of a stream written alone lie only its records' descriptive parts and group headers.
    private const int MaxSkippedBytes = 4 * 1024;
    private const int MaxReadBytes = 2 * 1024 * 1024;

    // Small blocks share an array of at most this size, so that one cached block never keeps a megabyte alive.
    private const int SharedArrayBytes = 64 * 1024;

    public static async ValueTask<IReadOnlyList<EventBlock>> ReadAsync(BlocksToRead wanted)
    {
        var blocks = new EventBlock[wanted.Refs.Length];
        var arrays = new SharedArrays(wanted.Refs.Sum(block => (long)block.EncodedBytes));
        for (var from = 0; from < blocks.Length;)
        {
            var to = RunEnd(wanted.Refs, from);
            await ReadRunAsync(wanted, from, to, arrays, blocks);
            from = to;
        }

        return blocks;
    }

    private static int RunEnd(BlockRef[] refs, int from)
    {
        var to = from + 1;
        while (to < refs.Length
            && refs[to].Segment == refs[from].Segment
            && refs[to].Offset >= EndOf(refs[to - 1])
            && refs[to].Offset - EndOf(refs[to - 1]) <= MaxSkippedBytes
            && EndOf(refs[to]) - refs[from].Offset <= MaxReadBytes)
        {
            to++;
        }

        return to;
    }

    private static long EndOf(in BlockRef block) => (long)block.Offset + block.StoredBytes;

    private static async ValueTask ReadRunAsync(
        BlocksToRead wanted, int from, int to, SharedArrays arrays, EventBlock[] blocks)
    {
        var refs = wanted.Refs;
        var segment = wanted.Segments[refs[from].Segment];
        var length = (int)(refs[to - 1].Offset + RecordCodec.BlockPrefixBytes + refs[to - 1].EncodedBytes - refs[from].Offset);
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var read = await segment.File.ReadAsync(buffer.AsMemory(0, length), refs[from].Offset);
            for (var i = from; i < to; i++)
            {
                var start = (int)(refs[i].Offset - refs[from].Offset);
                var stored = buffer.AsMemory(start, RecordCodec.BlockPrefixBytes + refs[i].EncodedBytes);
                blocks[i] = start + stored.Length <= read
                    ? Decode(wanted, segment, refs[i], stored.Span, arrays)
                    : throw Damaged(wanted, segment, refs[i], "is cut short");
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static EventBlock Decode(
        BlocksToRead wanted, Segment segment, BlockRef block, ReadOnlySpan<byte> stored, SharedArrays arrays)
    {
        if (!RecordCodec.IsBlockWhole(stored, wanted.Number, segment.Seed))
        {
            throw Damaged(wanted, segment, block, "fails its checksum");
        }

        var bytes = arrays.Take(block.EncodedBytes);
        stored[RecordCodec.BlockPrefixBytes..].CopyTo(bytes.Span);
        if (!EventBlock.TryDecode(bytes, out var decoded, out var error))
        {
            throw Damaged(wanted, segment, block, error);
        }

        return decoded.FirstSequence == block.FirstSequence && decoded.Incarnation == wanted.Incarnation
            ? decoded
            : throw Damaged(wanted, segment, block, "is another block");
    }

    private static LogDamagedException Damaged(BlocksToRead wanted, Segment segment, BlockRef block, string what) => new(
        $"Stream '{wanted.Name.Value}', sequences [{block.FirstSequence}, {block.EndSequence}): the block at byte "
        + $"{block.Offset} of '{segment.Path}' {what}. {DamageReport.Advice}");

    private sealed class SharedArrays(long total)
    {
        private Memory<byte> _free;
        private long _rest = total;

        public Memory<byte> Take(int count)
        {
            if (_free.Length < count)
            {
                _free = GC.AllocateUninitializedArray<byte>((int)Math.Max(count, Math.Min(SharedArrayBytes, _rest)));
            }

            var taken = _free[..count];
            _free = _free[count..];
            _rest -= count;
            return taken;
        }
    }
}
