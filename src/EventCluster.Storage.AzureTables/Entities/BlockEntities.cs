using Azure.Data.Tables;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.AzureTables.Keys;

namespace EventCluster.Storage.AzureTables.Entities;

/// <summary>A block over as many entities as it needs; the first one says what it is.</summary>
internal static class BlockEntities
{
    private const string First = "First";
    private const string Count = "Count";
    private const string PayloadBytes = "PayloadBytes";
    private const string LastEvent = "LastEvent";
    private const string Bytes = "Bytes";
    private const string Checked = "Crc32C";
    private const string Data = "D";

    /// <summary>What <see cref="ReadInfo"/> needs.</summary>
    public static readonly string[] InfoOnly = ["PartitionKey", "RowKey", First, Count, PayloadBytes, LastEvent];

    /// <summary>Entities that so many bytes need.</summary>
    public static int PartsOf(int bytes) => Math.Max(1, (bytes + TableLimits.MaxPartBytes - 1) / TableLimits.MaxPartBytes);

    /// <summary>The entities of a block.</summary>
    public static IEnumerable<TableEntity> Split(string partition, EventBlock block)
    {
        foreach (var (part, entity) in Split(block.Encoded, part => new TableEntity(
            partition, RowKeys.OfBlock(block.Incarnation, block.EndSequence, part))))
        {
            if (part == 0)
            {
                entity[First] = block.FirstSequence;
                entity[Count] = block.Count;
                entity[PayloadBytes] = block.PayloadBytes;
                entity[LastEvent] = block.LastTimeMilliseconds;
                entity[Bytes] = block.Encoded.Length;
                entity[Checked] = Checksum.Compute(block.Encoded.Span);
            }

            yield return entity;
        }
    }

    /// <summary>The entities of bytes, each with its number.</summary>
    public static IEnumerable<(int Part, TableEntity Entity)> Split(ReadOnlyMemory<byte> bytes, Func<int, TableEntity> make)
    {
        for (var part = 0; part < PartsOf(bytes.Length); part++)
        {
            var start = part * TableLimits.MaxPartBytes;
            var entity = make(part);
            Chunks.Write(entity, Data, bytes.Slice(start, Math.Min(TableLimits.MaxPartBytes, bytes.Length - start)));
            yield return (part, entity);
        }
    }

    /// <summary>Puts one entity's bytes into their place.</summary>
    public static bool TryJoin(TableEntity entity, int part, Span<byte> whole)
    {
        var start = part * TableLimits.MaxPartBytes;
        return start <= whole.Length
            && Chunks.TryRead(entity, Data, whole[start..Math.Min(whole.Length, start + TableLimits.MaxPartBytes)]);
    }

    /// <summary>What the first entity of a block says; null for the others.</summary>
    public static BlockInfo? ReadInfo(TableEntity entity) => RowKeys.PartOf(entity.RowKey) > 0 ? null : new BlockInfo(
        RowKeys.IncarnationOf(entity.RowKey),
        entity.GetInt64(First) ?? 0,
        entity.GetInt32(Count) ?? 0,
        entity.GetInt32(PayloadBytes) ?? 0,
        entity.GetInt64(LastEvent) ?? 0);

    /// <summary>Encoded bytes of the block that this first entity begins.</summary>
    public static int BytesOf(TableEntity first) => first.GetInt32(Bytes) ?? 0;

    /// <summary>The block of these entities, checked byte by byte.</summary>
    /// <param name="stream">Whose it is, for the message.</param>
    /// <param name="parts">All its entities in order.</param>
    /// <exception cref="LogDamagedException">The bytes are not what was stored.</exception>
    public static EventBlock Join(StreamName stream, IReadOnlyList<TableEntity> parts)
    {
        var info = ReadInfo(parts[0])!.Value;
        var bytes = new byte[BytesOf(parts[0])];
        string? fault = null;
        for (var part = 0; part < parts.Count; part++)
        {
            fault ??= TryJoin(parts[part], part, bytes) ? null : $"part {part} is missing or has another length";
        }

        fault ??= Checksum.Compute(bytes) == parts[0].GetInt32(Checked) ? null : "the checksum does not match";
        if (fault is null && EventBlock.TryDecode(bytes, out var block, out fault)
            && block.FirstSequence == info.FirstSequence && block.Incarnation == info.Incarnation)
        {
            return block;
        }

        throw new LogDamagedException(
            $"Azure Tables: the block of stream '{stream}' at incarnation {info.Incarnation}, sequence {info.FirstSequence} is damaged: "
            + $"{fault ?? "it belongs elsewhere"}.");
    }
}
