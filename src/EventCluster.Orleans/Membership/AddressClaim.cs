using System.Net;

namespace EventCluster.Orleans.Membership;

/// <summary>
/// Whether another machine's silo lives at the address that this one is about to join with. Orleans takes a newer silo at an
/// address for the older one started again, and ends the older one.
/// </summary>
public static class AddressClaim
{
    /// <summary>How long signs of life are watched: two of their periods.</summary>
    private static readonly TimeSpan _watch = 2 * MembershipGuard.SignPeriod;

    private static readonly TimeSpan _look = TimeSpan.FromSeconds(1);

    /// <summary>A line for the operator when the address is taken; null when it is free.</summary>
    /// <param name="table">The membership.</param>
    /// <param name="address">The address and port to join with; nobody listens there on this machine.</param>
    /// <param name="host">This machine's name, as silos write it into the membership.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Abandons it.</param>
    public static async Task<string?> FindFaultAsync(
        IMembershipTable table, IPEndPoint address, string host, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        await table.InitializeMembershipTableAsync(true, cancellationToken);
        var first = await HoldersAsync(table, address, host, cancellationToken);
        var began = time.GetTimestamp();
        while (first.Count > 0 && time.GetElapsedTime(began) < _watch)
        {
            await Task.Delay(_look, time, cancellationToken);
            foreach (var holder in await HoldersAsync(table, address, host, cancellationToken))
            {
                if (first.Find(it => it.SiloAddress.Equals(holder.SiloAddress)) is not { } known || known.IAmAliveTime != holder.IAmAliveTime)
                {
                    return $"the node '{holder.SiloName}' on the machine '{holder.HostName}' lives in this cluster at {address}; "
                        + "'EventCluster:Cluster:AdvertisedAddress' and 'SiloPort' must be this node's own";
                }
            }
        }

        return null;
    }

    // On this machine nobody listens at the address, so a silo that was here is gone.
    private static async Task<List<MembershipEntry>> HoldersAsync(
        IMembershipTable table, IPEndPoint address, string host, CancellationToken cancellationToken) =>
        [
            .. (await table.ReadAllAsync(cancellationToken)).Members.Select(static member => member.Item1).Where(member => member.SiloAddress.Endpoint.Equals(address)
                && (member.Status is SiloStatus.Active or SiloStatus.Joining)
                && !string.Equals(member.HostName, host, StringComparison.OrdinalIgnoreCase)),
        ];
}
