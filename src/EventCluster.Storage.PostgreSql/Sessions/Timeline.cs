using Microsoft.Extensions.Logging;
using Npgsql;

namespace EventCluster.Storage.PostgreSql.Sessions;

/// <summary>
/// The server's timeline: a number that PostgreSQL raises whenever a standby is promoted or a backup recovered, so that what was
/// written after that point elsewhere is not here. The store notes the last one that it saw. The first session under a new one
/// jumps over all numbers that may have been drawn and lost, before anything is asked under it; streams notice for themselves when
/// they are opened (CORRECTNESS rule 28).
/// </summary>
internal sealed partial class Timeline(string schema, ILogger logger)
{
    /// <summary>The timeline that the server writes now; only on one that is not in recovery.</summary>
    public const string Current = "('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::bigint";

    // Two standbys of one primary may be promoted one after the other, each without what the other drew: their jumps differ.
    private const long FencesLost = 1L << 32;
    private const long IncarnationsLost = 1L << 20;
    private const long IncarnationsApart = 1L << 22;

    private readonly string _adopt = $"""
        WITH changed AS (
          UPDATE {schema}.store s SET timeline = {Current} FROM (SELECT timeline FROM {schema}.store FOR UPDATE) old
          WHERE s.timeline <> {Current} RETURNING old.timeline AS before, s.timeline AS now),
        numbers AS (
          UPDATE {schema}.counters SET value = value + {IncarnationsLost} + floor(random() * {IncarnationsApart})::bigint
          WHERE name = 'incarnation' AND EXISTS (SELECT FROM changed))
        SELECT before, now, setval('{schema}.fence_numbers',
          nextval('{schema}.fence_numbers') + {FencesLost} + floor(random() * {FencesLost})::bigint)
        FROM changed
        """;

    private int _isMigrated;

    /// <summary>The timeline that the store has noted, as an expression; null before its tables are known to be there.</summary>
    public string Noted => Volatile.Read(ref _isMigrated) == 0 ? "NULL::bigint" : $"(SELECT timeline FROM {schema}.store)";

    /// <summary>The tables are there: the timeline of this session is compared, and that of every session that comes.</summary>
    public async Task BeginAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _isMigrated, 1);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await AdoptAsync(connection, cancellationToken);
    }

    /// <summary>Notes the session's timeline, if it differs from the noted one; sessions that come at once take turns.</summary>
    public async Task AdoptAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(_adopt, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (await reader.ReadAsync(cancellationToken))
        {
            LogChanged(logger, reader.GetInt64(0), reader.GetInt64(1));
        }
    }
}
