using Npgsql;

namespace EventCluster.Storage.PostgreSql.Identity;

/// <summary>
/// Silos of the versions before identities hold no <see cref="AliveLock"/>, and would serve the same streams as a second cluster
/// beside new ones. They are known by their row in the membership, and that they live by its stamp, which moves: a copy carries
/// the row, but nothing moves in it.
/// </summary>
internal sealed class EarlierSilos(NpgsqlConnection connection, PostgreSqlOptions options, TimeProvider time)
{
    /// <summary>Orleans' number for a silo that has left.</summary>
    private const int Dead = 6;

    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Watches their stamps for as long as two of them take, when a schema without identities has such rows.</summary>
    /// <exception cref="PostgreSqlUnusableException">One of them lives.</exception>
    public async Task RefuseAsync(CancellationToken cancellationToken)
    {
        if (!await HasAnyAsync(cancellationToken))
        {
            return;
        }

        var first = await ReadAsync(cancellationToken);
        var begun = time.GetTimestamp();
        while (first.Count > 0 && time.GetElapsedTime(begun) < options.EarlierSilosWatch)
        {
            await Task.Delay(_interval, time, cancellationToken);
            var now = await ReadAsync(cancellationToken);
            var alive = now.Where(silo => !first.TryGetValue(silo.Key, out var stamp) || stamp != silo.Value).Select(silo => silo.Key);
            if (string.Join(", ", alive.Order(StringComparer.Ordinal)) is { Length: > 0 } names)
            {
                throw new PostgreSqlUnusableException(
                    $"The schema '{options.Schema}' is in use by silos of an earlier version, which this one cannot work beside: {names}. "
                    + "Stop them first. Nothing was changed.");
            }
        }
    }

    private async Task<bool> HasAnyAsync(CancellationToken cancellationToken)
    {
        await using var tables = new NpgsqlCommand(
            "SELECT to_regclass($1) IS NOT NULL AND to_regclass($2) IS NOT NULL AND to_regclass($3) IS NULL", connection);
        foreach (var table in (string[])["store", "cluster_silos", "identity"])
        {
            tables.Parameters.AddWithValue($"{options.Schema}.{table}");
        }

        return await tables.ExecuteScalarAsync(cancellationToken) is true;
    }

    private async Task<Dictionary<string, DateTime>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT silo_name || ' at ' || address || ':' || port || ' (generation ' || generation || ')', alive "
            + $"FROM {options.Schema}.cluster_silos WHERE status <> {Dead}",
            connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        Dictionary<string, DateTime> silos = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            silos[reader.GetString(0)] = reader.GetDateTime(1);
        }

        return silos;
    }
}
