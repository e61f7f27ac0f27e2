using EventCluster.Protocol;

namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>What the index remembers of one stored block: 32 bytes.</summary>
/// <param name="FirstSequence">Sequence before its first event.</param>
/// <param name="LastTimeMilliseconds">Time of its last event.</param>
/// <param name="Segment">Segment that holds it.</param>
/// <param name="Offset">Byte in the segment where its checksum, and then the block, begins.</param>
/// <param name="Count">Number of events.</param>
/// <param name="PayloadBytes">Sum of the payload lengths.</param>
internal readonly record struct BlockRef(
    long FirstSequence, long LastTimeMilliseconds, uint Segment, uint Offset, int Count, int PayloadBytes)
{
    public long EndSequence => FirstSequence + Count;

    /// <summary>Bytes of the encoded block.</summary>
    public int EncodedBytes => (int)EventBlock.EncodedBytes(Count, PayloadBytes);

    /// <summary>Bytes it takes in the segment, checksum and padding included.</summary>
    public int StoredBytes => RecordCodec.StoredBlockBytes(EncodedBytes);

    public JournalPosition Location => new(Segment, Offset);

    public static BlockRef Of(EventBlock block, JournalPosition location) => new(
        block.FirstSequence, block.LastTimeMilliseconds, location.Segment, location.Offset, block.Count, block.PayloadBytes);

    public BlockRef MovedTo(JournalPosition location) => this with { Segment = location.Segment, Offset = location.Offset };
}
