using EventCluster.Storage.PostgreSql.Sessions;
using Npgsql;

namespace EventCluster.Storage.PostgreSql.Identity;

/// <summary>
/// After a restore, positions beyond the recovered tails may be in clients' hands: every stream begins a new history at
/// its tail, under numbers that no lost commit can have drawn. The data get an identity of their own in the same step, and the
/// membership of the silos before is forgotten.
/// </summary>
internal static class RestoredHistories
{
    private const long NumbersLostByRestore = 1L << 24;

    // A million rows are rewritten.
    private const int Seconds = 600;

    /// <summary>Opens them, all or none, and ends every owner from before. The caller is alone in the database.</summary>
    public static async Task OpenAsync(NpgsqlConnection connection, string schema, string medium, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction);
        string[] statements =
        [
            $"LOCK TABLE {schema}.streams IN EXCLUSIVE MODE",
            $"SELECT setval('{schema}.fence_numbers', nextval('{schema}.fence_numbers') + {NumbersLostByRestore})",
            $"UPDATE {schema}.counters SET value = value + {NumbersLostByRestore} WHERE name = 'incarnation'",
            $"""
            UPDATE {schema}.streams s SET fence = nextval('{schema}.fence_numbers'), version = version + 1,
              commit_id = gen_random_uuid(), incarnations = incarnations || ARRAY[c.value + n.place, s.tail], timeline = {Timeline.Current}
            FROM {schema}.counters c, (SELECT id, row_number() OVER (ORDER BY name) AS place FROM {schema}.streams) n
            WHERE c.name = 'incarnation' AND n.id = s.id
            """,
            $"""
            UPDATE {schema}.counters SET value = value + (SELECT count(*) FROM {schema}.streams) WHERE name = 'incarnation'
            """,
            $"DELETE FROM {schema}.proofs",
            $"""
            DO $$ BEGIN
              IF to_regclass('{schema}.cluster_silos') IS NOT NULL THEN
                DELETE FROM {schema}.cluster_silos;
                DELETE FROM {schema}.cluster_version;
              END IF;
            END $$
            """,
        ];
        batch.Timeout = Seconds;
        foreach (var statement in statements)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(statement));
        }

        batch.BatchCommands.Add(IdentityRow.Renew(schema, medium));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
