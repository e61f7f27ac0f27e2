using System.Buffers.Binary;
using EventCluster.Protocol;

namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>Where the parts of one record lie, once both checksums have been verified.</summary>
/// <param name="Kind">What the record says.</param>
/// <param name="MetaBytes">Bytes of the descriptive part, its header included.</param>
/// <param name="BlockBytes">Bytes of the encoded block; 0 for none.</param>
internal readonly record struct RecordFrame(RecordKind Kind, int MetaBytes, int BlockBytes)
{
    /// <summary>Bytes of the whole record.</summary>
    public int TotalBytes => MetaBytes + RecordCodec.StoredBlockBytes(BlockBytes);

    /// <summary>The frame at the start of the bytes, or null if they do not hold a whole record.</summary>
    public static RecordFrame? TryRead(ReadOnlySpan<byte> bytes, uint seed) =>
        TryReadDescription(bytes, seed) is { } frame && frame.IsBlockWhole(bytes, seed) ? frame : null;

    /// <summary>The frame of a record whose descriptive part is whole, whatever became of its block.</summary>
    public static RecordFrame? TryReadDescription(ReadOnlySpan<byte> bytes, uint seed)
    {
        if (bytes.Length < RecordCodec.HeaderBytes)
        {
            return null;
        }

        var metaBytes = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        var blockBytes = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (metaBytes < RecordCodec.HeaderBytes || metaBytes % 8 != 0 || metaBytes > (uint)bytes.Length
            || blockBytes > ProtocolLimits.MaxBlockBytes)
        {
            return null;
        }

        var frame = new RecordFrame((RecordKind)bytes[12], (int)metaBytes, (int)blockBytes);
        var whole = frame.TotalBytes <= bytes.Length
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Checksum.Compute(seed, bytes[4..(int)metaBytes]);
        return whole ? frame : null;
    }

    /// <summary>The block's checksum, stream number and bytes.</summary>
    public ReadOnlySpan<byte> StoredBlock(ReadOnlySpan<byte> record) =>
        record.Slice(MetaBytes, BlockBytes == 0 ? 0 : RecordCodec.BlockPrefixBytes + BlockBytes);

    /// <summary>The block, if there is one, passes its checksum.</summary>
    public bool IsBlockWhole(ReadOnlySpan<byte> record, uint seed) =>
        BlockBytes == 0
        || (MetaBytes >= RecordCodec.HeaderBytes + 8
            && RecordCodec.IsBlockWhole(
                StoredBlock(record), BinaryPrimitives.ReadInt64LittleEndian(record[RecordCodec.HeaderBytes..]), seed));
}
