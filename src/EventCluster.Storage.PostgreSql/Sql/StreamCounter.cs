using Npgsql;

namespace EventCluster.Storage.PostgreSql.Sql;

/// <summary>
/// About how many streams there are. Counting a million rows takes long, so creations are counted exactly, and take
/// turns, only when the last count and what this node created since come near the limit.
/// </summary>
internal sealed class StreamCounter(PostgreSqlOptions options, Statements statements)
{
    private const int SlackFraction = 5;
    private const int MinSlack = 1_000;

    private long _known;

    /// <summary>True when a creation must be counted exactly.</summary>
    public bool IsNearLimit =>
        Interlocked.Read(ref _known) > options.MaxStreams - Math.Max(MinSlack, options.MaxStreams / SlackFraction);

    /// <summary>Adds what was created here.</summary>
    public void Created(int streams) => Interlocked.Add(ref _known, streams);

    /// <summary>Counts what all nodes created and removed, about.</summary>
    public async Task CountAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(statements.CountStreams);
        Interlocked.Exchange(ref _known, (long)(await command.ExecuteScalarAsync(cancellationToken))!);
    }
}
