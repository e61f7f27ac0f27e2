using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;

namespace EventCluster.Storage.LocalDisk.Checkpoints;

/// <summary>The bytes of one stream in a checkpoint; the block index takes about ten bytes a block.</summary>
internal static class CheckpointEntryCodec
{
    public static void Write(ByteWriter writer, StreamEntry entry)
    {
        writer.I64(entry.Number);
        writer.Text(entry.Name.Value);
        writer.I64(entry.Fence);
        writer.I64(entry.Version);
        writer.U128(entry.LastCommitId);
        RecordCodec.WriteHead(writer, entry.Head);
        RecordCodec.WriteIncarnations(writer, entry.Incarnations);
        RecordCodec.WriteState(writer, entry.State.Span);
        RecordCodec.WriteProducers(writer, entry.Producers);
        RecordCodec.WriteRanges(writer, entry.PartialPurges);
        WriteBlocks(writer, entry.Blocks);
    }

    public static StreamEntry Read(ref ByteReader reader)
    {
        var number = reader.I64();
        var name = RecordCodec.ReadName(ref reader);
        var (fence, version, commitId) = (reader.I64(), reader.I64(), reader.U128());
        var head = RecordCodec.ReadHead(ref reader);
        var entry = new StreamEntry
        {
            Number = number,
            Name = name,
            Fence = fence,
            Version = version,
            LastCommitId = commitId,
            Head = head,
            Incarnations = RecordCodec.ReadIncarnations(ref reader),
            State = RecordCodec.ReadState(ref reader),
        };
        entry.UpdateProducers(RecordCodec.ReadProducers(ref reader), []);
        entry.PartialPurges = RecordCodec.ReadRanges(ref reader);
        ReadBlocks(ref reader, entry.Blocks);
        return entry;
    }

    private static void WriteBlocks(ByteWriter writer, BlockList blocks)
    {
        writer.VarInt((ulong)blocks.Count);
        var previous = default(BlockRef);
        long incarnation = 0;
        foreach (ref readonly var block in blocks.Items)
        {
            var holder = blocks.IncarnationOf(block);
            var changed = holder != incarnation;
            writer.VarInt(((ulong)(block.FirstSequence - previous.EndSequence) << 1) | (changed ? 1UL : 0));
            if (changed)
            {
                writer.VarInt((ulong)holder);
            }

            writer.VarInt((ulong)block.Count);
            writer.VarInt((ulong)block.PayloadBytes);
            writer.VarInt(ZigZag(block.LastTimeMilliseconds - previous.LastTimeMilliseconds));
            writer.VarInt(ZigZag((long)block.Segment - previous.Segment));
            writer.VarInt(ZigZag((long)block.Offset - previous.Offset));
            (previous, incarnation) = (block, holder);
        }
    }

    private static void ReadBlocks(ref ByteReader reader, BlockList blocks)
    {
        const int LeastBytesPerBlock = 6;
        var count = reader.VarInt();
        if (count > (ulong)(reader.Remaining / LeastBytesPerBlock))
        {
            throw new InvalidDataException("A count is larger than its record.");
        }

        blocks.Reserve((int)count);
        var previous = default(BlockRef);
        long incarnation = 0;
        for (ulong i = 0; i < count; i++)
        {
            var step = reader.VarInt();
            if ((step & 1) != 0)
            {
                incarnation = (long)reader.VarInt();
            }

            var first = previous.EndSequence + (long)(step >> 1);
            var (events, payload) = ((int)reader.VarInt(), (int)reader.VarInt());
            var time = previous.LastTimeMilliseconds + UnZigZag(reader.VarInt());
            var segment = (uint)(previous.Segment + UnZigZag(reader.VarInt()));
            var offset = (uint)(previous.Offset + UnZigZag(reader.VarInt()));
            previous = new BlockRef(first, time, segment, offset, events, payload);
            blocks.Add(new PlacedBlock(previous, incarnation));
        }
    }

    private static ulong ZigZag(long value) => ((ulong)value << 1) ^ (ulong)(value >> 63);

    private static long UnZigZag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);
}
