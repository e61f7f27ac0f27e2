using Npgsql;
using NpgsqlTypes;

namespace EventCluster.Storage.PostgreSql.Commits;

/// <summary>Array parameters of one statement, one entry per row, in the order of their numbers.</summary>
internal sealed class Columns(string sql)
{
    /// <summary>The statement with what was added so far.</summary>
    public NpgsqlBatchCommand Command { get; } = new(sql);

    public Columns Texts(IEnumerable<string?> values) => Add(values, NpgsqlDbType.Text);

    public Columns Longs(IEnumerable<long> values) => Add(values, NpgsqlDbType.Bigint);

    public Columns NullableLongs(IEnumerable<long?> values) => Add(values, NpgsqlDbType.Bigint);

    public Columns Ints(IEnumerable<int> values) => Add(values, NpgsqlDbType.Integer);

    public Columns Uuids(IEnumerable<Guid> values) => Add(values, NpgsqlDbType.Uuid);

    public Columns Bytes(IEnumerable<byte[]?> values) => Add(values, NpgsqlDbType.Bytea);

    /// <summary>One value for the whole statement.</summary>
    public Columns Long(long? value)
    {
        Command.Parameters.Add(new NpgsqlParameter { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        return this;
    }

    private Columns Add<T>(IEnumerable<T> values, NpgsqlDbType type)
    {
        Command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | type });
        return this;
    }
}
