using System.Buffers.Binary;

namespace EventCluster.Faults.Damage;

/// <summary>
/// Where the records of a file begin and end. Read here a second time, from what STORAGE says and not with the store's own code.
/// </summary>
internal static class Borders
{
    private const int SegmentHeaderBytes = 64;
    private const int GroupHeaderBytes = 40;
    private const int RecordHeaderBytes = 16;
    private const int BlockPrefixBytes = 8;
    private const int ChunkHeaderBytes = 8;

    public static IEnumerable<int> Of(string name, byte[] bytes)
    {
        if (name.StartsWith("segment-", StringComparison.Ordinal))
        {
            return OfSegment(bytes);
        }

        // The other small files have no records: all lengths.
        return name.StartsWith("checkpoint-", StringComparison.Ordinal) ? OfCheckpoint(bytes) : Enumerable.Range(0, bytes.Length);
    }

    private static IEnumerable<int> OfSegment(byte[] bytes)
    {
        yield return 0;
        yield return SegmentHeaderBytes;
        var at = SegmentHeaderBytes;
        while (at + GroupHeaderBytes <= bytes.Length && bytes.AsSpan(at).StartsWith("ECGR"u8))
        {
            var end = at + GroupHeaderBytes + Number(bytes, at + 32);
            yield return at;
            for (var record = at + GroupHeaderBytes; record < end && record + RecordHeaderBytes <= bytes.Length;)
            {
                yield return record;
                var (meta, block) = (Number(bytes, record + 4), Number(bytes, record + 8));
                yield return record + meta;
                record += meta + (block == 0 ? 0 : (BlockPrefixBytes + block + 7) & ~7);
            }

            at = end;
        }

        yield return at;
    }

    private static IEnumerable<int> OfCheckpoint(byte[] bytes)
    {
        for (var at = 0; at + ChunkHeaderBytes <= bytes.Length;)
        {
            yield return at;
            yield return at + ChunkHeaderBytes;
            at += ChunkHeaderBytes + Math.Max(0, Number(bytes, at + 4));
        }

        yield return bytes.Length;
    }

    private static int Number(byte[] bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));
}
