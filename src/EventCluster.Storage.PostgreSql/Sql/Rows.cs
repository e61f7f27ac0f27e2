using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using Npgsql;

namespace EventCluster.Storage.PostgreSql.Sql;

/// <summary>Rows as the contract's values.</summary>
internal static class Rows
{
    /// <summary>A row of the head's columns, in the order of <see cref="Statements.Head"/>.</summary>
    public static StoredHead ToHead(NpgsqlDataReader row) => new(
        StreamName.Parse(row.GetString(0)),
        row.GetInt64(1),
        row.GetInt64(2),
        Values.FromUuid(row.GetGuid(3)),
        new StreamHead(row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8)),
        Values.ToIncarnations(row.GetFieldValue<long[]>(9)),
        row.GetFieldValue<byte[]>(10));

    /// <summary>A row of <see cref="Statements.Producers"/>.</summary>
    public static (StreamName Stream, ProducerEntry Producer) ToProducer(NpgsqlDataReader row) => (
        StreamName.Parse(row.GetString(0)),
        new ProducerEntry(
            System.Text.Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(1)), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4)));

    /// <summary>A row of <see cref="Statements.ListBlocks"/>.</summary>
    public static BlockInfo ToBlockInfo(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), (int)(row.GetInt64(2) - row.GetInt64(1)), row.GetInt32(3), row.GetInt64(4));

    /// <summary>A row of <see cref="Statements.Read"/>, checked byte by byte.</summary>
    /// <exception cref="LogDamagedException">The bytes are not what was stored.</exception>
    public static EventBlock ToBlock(NpgsqlDataReader row, BlockRange range)
    {
        var (first, checksum) = (row.GetInt64(0), row.GetInt32(1));
        var bytes = row.GetFieldValue<byte[]>(2);
        var fault = "the checksum does not match";
        if (Checksum.Compute(bytes) == checksum
            && EventBlock.TryDecode(bytes, out var block, out fault)
            && block.FirstSequence == first && block.Incarnation == range.Incarnation)
        {
            return block;
        }

        throw new LogDamagedException(
            $"PostgreSQL: the block of stream '{range.Stream}' at incarnation {range.Incarnation}, sequence {first} is damaged: "
            + $"{fault ?? "it belongs elsewhere"}.");
    }
}
