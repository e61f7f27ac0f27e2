using System.Buffers.Binary;
using System.Text;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;

namespace EventCluster.Storage.PostgreSql.Sql;

/// <summary>How the contract's values stand in columns.</summary>
internal static class Values
{
    /// <summary>A commit's identity as a uuid, digit by digit the same.</summary>
    public static Guid ToUuid(UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return new Guid(bytes, bigEndian: true);
    }

    public static UInt128 FromUuid(Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>Histories as a literal of <c>bigint[]</c>: incarnation and first sequence in turn.</summary>
    public static string ToLiteral(IncarnationList list) =>
        "{" + string.Join(',', list.Select(start => $"{start.Incarnation},{start.FirstSequence}")) + "}";

    public static IncarnationList ToIncarnations(long[] flat)
    {
        var starts = new IncarnationStart[flat.Length / 2];
        for (var i = 0; i < starts.Length; i++)
        {
            starts[i] = new IncarnationStart(flat[2 * i], flat[(2 * i) + 1]);
        }

        return new IncarnationList(starts);
    }

    /// <summary>Purged ranges as a literal of <c>int8multirange</c>; null when there is none below the tail.</summary>
    public static string? ToLiteral(IReadOnlyList<SequenceRange> ranges, long tail)
    {
        // What is not appended yet cannot be purged in advance.
        var text = new StringBuilder();
        foreach (var range in ranges)
        {
            var to = Math.Min(range.To, tail);
            if (range.From < to)
            {
                text.Append(text.Length == 0 ? "{" : ",").Append($"[{range.From},{to})");
            }
        }

        return text.Length == 0 ? null : text.Append('}').ToString();
    }

    /// <summary>The array behind a memory when it is exactly that, else a copy.</summary>
    public static byte[] ToArray(ReadOnlyMemory<byte> memory) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(memory, out var segment)
            && segment.Offset == 0 && segment.Count == segment.Array!.Length
            ? segment.Array
            : memory.ToArray();
}
