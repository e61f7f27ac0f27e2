using Npgsql;

namespace EventCluster.Storage.PostgreSql.Sessions;

/// <summary>
/// Looks now and then whether sessions in use are still what they were when they began. Once one is not, every use looks,
/// until one is again.
/// </summary>
internal sealed class SessionCheck(TimeProvider time)
{
    /// <summary>A question of half a millisecond, so often on a connection that commits without pause.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private long _checkedAt = time.GetTimestamp() - (2 * (long)(Interval.TotalSeconds * time.TimestampFrequency));

    /// <summary>A connection that is used now should be checked.</summary>
    public bool IsDue => time.GetElapsedTime(Interlocked.Read(ref _checkedAt)) >= Interval;

    /// <summary>Checks a connection.</summary>
    /// <exception cref="PostgreSqlUnusableException">It must not be used.</exception>
    public async Task CheckAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        await new SessionSetup(connection).CheckAgainAsync(cancellationToken);
        Interlocked.Exchange(ref _checkedAt, begun);
    }
}
