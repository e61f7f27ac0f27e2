using System.Text;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.PostgreSql.Commits;
using EventCluster.Storage.PostgreSql.Faults;
using EventCluster.Storage.PostgreSql.Sql;
using Npgsql;

namespace EventCluster.Storage.PostgreSql.Import;

/// <summary>
/// Copies one stream of another store: its blocks are staged under a number of their own, then one transaction makes the
/// stream visible with a new history at its tail. What was staged before a break is found again and gone on with.
/// </summary>
internal sealed class StreamImporter(NpgsqlDataSource target, string schema, ILogStore source, ImportProgress progress)
{
    private const int BlocksPerPage = 1_000;
    private const int BytesPerBatch = 4 * 1024 * 1024;

    private readonly ImportStatements _statements = new(schema);

    public async Task<ImportOutcome> ImportAsync(StoredHead head, CancellationToken cancellationToken)
    {
        var found = await LookAsync(head.Name, cancellationToken);
        var isSame = found.Version == head.Version && found.Commit == Values.ToUuid(head.LastCommitId);
        if (found.Done || found.Exists)
        {
            var outcome = !found.Done ? ImportOutcome.NameTaken : isSame ? ImportOutcome.AlreadyImported : ImportOutcome.SourceChanged;
            if (outcome == ImportOutcome.AlreadyImported)
            {
                progress.AddStream();
            }

            return outcome;
        }

        var (stream, from) = found.Stream is { } begun && isSame
            ? (begun, found.StagedTo ?? 0)
            : (await BeginAsync(head, cancellationToken), 0);
        await StageAsync(head.Name, stream, from, cancellationToken);
        try
        {
            await PublishAsync(head, stream, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // Somebody created a stream of that name while its blocks were copied.
            return ImportOutcome.NameTaken;
        }

        progress.AddStream();
        return ImportOutcome.Imported;
    }

    private async Task<Found> LookAsync(StreamName name, CancellationToken cancellationToken)
    {
        await using var command = target.CreateCommand(_statements.Look);
        command.Parameters.Add(new NpgsqlParameter { Value = name.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new Found(
            await reader.IsDBNullAsync(0, cancellationToken) ? null : reader.GetInt64(0),
            await reader.IsDBNullAsync(1, cancellationToken) ? 0 : reader.GetInt64(1),
            await reader.IsDBNullAsync(2, cancellationToken) ? default : reader.GetGuid(2),
            reader.GetBoolean(3),
            reader.GetBoolean(4),
            await reader.IsDBNullAsync(5, cancellationToken) ? null : reader.GetInt64(5));
    }

    private async Task<long> BeginAsync(StoredHead head, CancellationToken cancellationToken)
    {
        await using var command = target.CreateCommand(_statements.Begin);
        Bind(command.Parameters, head.Name.Value, head.Version, Values.ToUuid(head.LastCommitId));
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task StageAsync(StreamName name, long stream, long from, CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await OfSourceAsync(() => source.ListBlocksAsync(name, from, BlocksPerPage, cancellationToken));
            for (var i = 0; i < page.Count;)
            {
                // A history ends with its last block; the store's answer ends there, at a hole, or with the bytes asked for.
                var range = new BlockRange(name, page[i].Incarnation, page[i].FirstSequence, long.MaxValue);
                var blocks = (await OfSourceAsync(() => source.ReadAsync(range, BytesPerBatch, cancellationToken))).Take(page.Count - i).ToList();
                if (blocks.Count == 0)
                {
                    throw new LogDamagedException(
                        $"Stream '{name}' lists a block at sequence {page[i].FirstSequence} and does not give it.");
                }

                await StageAsync(stream, blocks, cancellationToken);
                i += blocks.Count;
            }

            if (page.Count < BlocksPerPage)
            {
                return;
            }

            from = page[^1].EndSequence;
        }
    }

    /// <summary>What the source answers; its failure must not be taken for one of the target.</summary>
    private static async Task<T> OfSourceAsync<T>(Func<ValueTask<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (FaultTable.IsOfDatabase(e))
        {
            throw new SourceFailedException(e);
        }
    }

    private async Task StageAsync(long stream, List<EventBlock> blocks, CancellationToken cancellationToken)
    {
        var columns = new Columns(_statements.Stage)
            .Long(stream)
            .Longs(blocks.Select(block => block.FirstSequence))
            .Longs(blocks.Select(block => block.Incarnation))
            .Longs(blocks.Select(block => block.EndSequence))
            .Ints(blocks.Select(block => block.PayloadBytes))
            .Longs(blocks.Select(block => block.LastTimeMilliseconds))
            .Ints(blocks.Select(block => Checksum.Compute(block.Encoded.Span)))
            .Bytes(blocks.Select(block => Values.ToArray(block.Encoded)));
        await using var batch = target.CreateBatch();
        batch.BatchCommands.Add(columns.Command);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        progress.AddBlocks(blocks.Sum(block => (long)block.Count), blocks.Sum(block => (long)block.Encoded.Length));
    }

    private async Task PublishAsync(StoredHead head, long stream, CancellationToken cancellationToken)
    {
        // Opening is the one way to see the producers; nobody else owns streams of the source while it is copied.
        var producers = (await source.OpenAsync(head.Name, cancellationToken)).Producers;
        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var finish = new NpgsqlCommand(_statements.Finish, connection))
        {
            Bind(finish.Parameters, head.Name.Value, stream);
            if (await finish.ExecuteNonQueryAsync(cancellationToken) != 1)
            {
                throw new IOException($"Another copy took over the stream '{head.Name}'; run one at a time.");
            }
        }

        await using (var draw = new NpgsqlCommand(_statements.DrawAbove, connection))
        {
            Bind(draw.Parameters, head.Incarnations.Latest.Incarnation);
            var incarnation = (long)(await draw.ExecuteScalarAsync(cancellationToken))!;
            head = head with { Incarnations = head.Incarnations.Add(incarnation, head.Head.Tail) };
        }

        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(new Columns(_statements.Producers)
            .Long(stream)
            .Bytes(producers.Select(producer => Encoding.UTF8.GetBytes(producer.Id)))
            .Longs(producers.Select(producer => producer.Epoch))
            .Longs(producers.Select(producer => producer.Sequence))
            .Longs(producers.Select(producer => producer.LastUsedMilliseconds))
            .Command);
        Add(batch, _statements.ForgetFence, head.Name.Value);
        Add(
            batch,
            _statements.Publish,
            stream, head.Name.Value, head.Version + 1, Values.ToUuid(head.LastCommitId), head.Head.Tail, head.Head.Earliest,
            head.Head.RetainedBytes, head.Head.LastEventMilliseconds, head.Head.DueAtMilliseconds, Values.ToArray(head.State),
            Values.ToLiteral(head.Incarnations));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static void Add(NpgsqlBatch batch, string statement, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(statement);
        Bind(command.Parameters, values);
        batch.BatchCommands.Add(command);
    }

    private static void Bind(NpgsqlParameterCollection parameters, params ReadOnlySpan<object> values)
    {
        foreach (var value in values)
        {
            parameters.Add(new NpgsqlParameter { Value = value });
        }
    }

    private sealed record Found(long? Stream, long Version, Guid Commit, bool Done, bool Exists, long? StagedTo);
}
