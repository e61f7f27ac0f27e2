using EventCluster.Storage.AzureTables.Tables;

namespace EventCluster.Storage.AzureTables.Identity;

/// <summary>
/// Silos of the versions before identities have no <see cref="AliveStamps"/>, and would serve the same streams as a second cluster
/// beside new ones. That they live is known by Orleans' stamp in the membership, which moves: a copy carries the row, but nothing
/// moves in it.
/// </summary>
internal sealed class EarlierSilos(EntityTable members, AzureTablesOptions options, TimeProvider time)
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(500);

    /// <summary>Watches their stamps for as long as two of them take, where there are any.</summary>
    /// <exception cref="AzureTablesUnusableException">One of them lives.</exception>
    public async Task RefuseAsync(CancellationToken cancellationToken)
    {
        var first = await ReadAsync(cancellationToken);
        var begun = time.GetTimestamp();
        while (first.Count > 0 && time.GetElapsedTime(begun) < options.EarlierSilosWatch)
        {
            await Task.Delay(_look, time, cancellationToken);
            var now = await ReadAsync(cancellationToken);
            var alive = now.Where(silo => !first.TryGetValue(silo.Key, out var stamp) || stamp != silo.Value).Select(silo => silo.Key);
            if (string.Join(", ", alive.Order(StringComparer.Ordinal)) is { Length: > 0 } names)
            {
                throw new AzureTablesUnusableException(
                    $"The table '{options.Table}' is in use by silos of an earlier version, which this one cannot work beside: {names}. "
                    + "Stop them first. Nothing was changed.");
            }
        }
    }

    private async Task<Dictionary<string, string?>> ReadAsync(CancellationToken cancellationToken) =>
        (await members.QueryAllAsync(cancellationToken))
            .Where(row => row.GetString("Status") is { } status && status != "Dead")
            .DistinctBy(row => row.RowKey)
            .ToDictionary(row => $"{row.GetString("SiloName")} at {row.RowKey}", string? (row) => row.GetString("IAmAliveTime"));
}
