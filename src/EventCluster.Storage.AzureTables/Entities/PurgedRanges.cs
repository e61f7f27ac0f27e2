using System.Buffers.Binary;
using EventCluster.Abstractions.Store;

namespace EventCluster.Storage.AzureTables.Entities;

/// <summary>The purged sequences of a stream, as disjoint ascending ranges that do not touch. Immutable.</summary>
internal sealed class PurgedRanges
{
    /// <summary>Nothing is purged.</summary>
    public static readonly PurgedRanges None = new([]);

    private const int EntryBytes = 2 * sizeof(long);

    private readonly SequenceRange[] _ranges;

    private PurgedRanges(SequenceRange[] ranges) => _ranges = ranges;

    /// <summary>The ranges.</summary>
    public IReadOnlyList<SequenceRange> Ranges => _ranges;

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    public static PurgedRanges Decode(ReadOnlySpan<byte> bytes)
    {
        var ranges = new SequenceRange[bytes.Length / EntryBytes];
        for (var i = 0; i < ranges.Length; i++)
        {
            var entry = bytes[(i * EntryBytes)..];
            ranges[i] = new SequenceRange(
                BinaryPrimitives.ReadInt64LittleEndian(entry), BinaryPrimitives.ReadInt64LittleEndian(entry[sizeof(long)..]));
        }

        return new PurgedRanges(ranges);
    }

    /// <summary>Both ends of each range, little-endian.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[_ranges.Length * EntryBytes];
        for (var i = 0; i < _ranges.Length; i++)
        {
            var entry = bytes.AsSpan(i * EntryBytes);
            BinaryPrimitives.WriteInt64LittleEndian(entry, _ranges[i].From);
            BinaryPrimitives.WriteInt64LittleEndian(entry[sizeof(long)..], _ranges[i].To);
        }

        return bytes;
    }

    /// <summary>
    /// These and more. What is not appended yet cannot be purged in advance. Above the room in the head the smallest ranges
    /// are forgotten: their blocks stay until they are purged again.
    /// </summary>
    public PurgedRanges Add(IReadOnlyList<SequenceRange> more, long tail)
    {
        List<SequenceRange> all = [.. _ranges, .. more.Select(range => range with { To = Math.Min(range.To, tail) })];
        all.RemoveAll(range => range.From >= range.To);
        all.Sort(static (a, b) => a.From.CompareTo(b.From));
        List<SequenceRange> merged = [];
        foreach (var range in all)
        {
            if (merged.Count > 0 && range.From <= merged[^1].To)
            {
                merged[^1] = merged[^1] with { To = Math.Max(merged[^1].To, range.To) };
            }
            else
            {
                merged.Add(range);
            }
        }

        const int most = TableLimits.MaxListChunks * TableLimits.MaxPropertyBytes / EntryBytes;
        return new PurgedRanges(merged.Count <= most
            ? [.. merged]
            : [.. merged.OrderByDescending(range => range.To - range.From).Take(most).OrderBy(range => range.From)]);
    }

    /// <summary>True when every sequence of the range is purged.</summary>
    public bool Covers(long from, long to) => Array.Exists(_ranges, range => range.From <= from && to <= range.To);
}
