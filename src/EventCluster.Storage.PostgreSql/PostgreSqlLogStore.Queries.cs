using EventCluster.Protocol;
using Npgsql;

namespace EventCluster.Storage.PostgreSql;

/// <content>How questions reach the database, and how a name without a stream is opened.</content>
public sealed partial class PostgreSqlLogStore
{
    /// <summary>Raises the fence of a name without a stream; null when one was created in the meantime.</summary>
    private async Task<long?> TryOpenAbsentAsync(StreamName name, CancellationToken cancellationToken)
    {
        await using var batch = NewBatch(
            _statements.DoNotFlush, _statements.OpenAbsent, _statements.ForgetFenceOfStream);
        Bind(batch.BatchCommands[1], name.Value);
        Bind(batch.BatchCommands[2], name.Value);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var fence = reader.GetInt64(0);
        await reader.NextResultAsync(cancellationToken);
        var exists = await reader.ReadAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return exists ? null : fence;
    }

    private NpgsqlBatch NewBatch(params ReadOnlySpan<string> statements) => NewBatch(_sources.Queries, statements);

    private NpgsqlBatch NewBatch(NpgsqlDataSource source, params ReadOnlySpan<string> statements)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var batch = source.CreateBatch();
        foreach (var statement in statements)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(statement));
        }

        return batch;
    }

    private static void Bind(NpgsqlBatchCommand command, params ReadOnlySpan<object> values)
    {
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }
    }

    private Task<List<T>> QueryAsync<T>(
        string statement, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] values) =>
        QueryAsync(_sources.Queries, statement, read, cancellationToken, values);

    private Task<List<T>> QueryAsync<T>(
        NpgsqlDataSource source,
        string statement,
        Func<NpgsqlDataReader, T> read,
        CancellationToken cancellationToken,
        params object[] values) =>
        _guard.AskAsync(async () =>
        {
            await using var batch = NewBatch(source, statement);
            Bind(batch.BatchCommands[0], values);
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            List<T> rows = [];
            while (await reader.ReadAsync(cancellationToken))
            {
                rows.Add(read(reader));
            }

            return rows;
        });
}
