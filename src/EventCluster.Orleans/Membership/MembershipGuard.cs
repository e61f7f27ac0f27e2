using System.Net;
using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Membership;

/// <summary>
/// The membership table, which lets a silo end others only from the larger side of a split. Votes alone do not: in a split
/// into equal halves with the table reachable from both, each half votes out the other, and sometimes three of four silos end.
/// </summary>
/// <remarks>
/// Before a silo writes that another one is dead it tries to reach all active silos. Those whose machine answers, be it with a
/// refusal or without a word of the silo (a hung one), are on its side or gone; those that it cannot reach count against it
/// while their signs of life in the table move. With fewer than half it writes nothing; with exactly half the side of
/// the lowest address wins. Orleans asks again at the next missed probe, so a side whose other half has lost its power goes on
/// as soon as no sign of life came for <see cref="SilenceLimit"/>.
/// <para>The vote that would have been the last is not written either: a silo that finds enough votes on a row that is not dead takes that
/// for a bug and ends itself, whichever side it is on.</para>
/// </remarks>
internal sealed partial class MembershipGuard(
    IMembershipTable table, ILocalSiloDetails silo, IReach reach, TimeProvider time, ILogger<MembershipGuard> logger) : IMembershipTable
{
    /// <summary>How often silos write their signs of life.</summary>
    public static readonly TimeSpan SignPeriod = TimeSpan.FromSeconds(5);

    /// <summary>How long a sign of life counts.</summary>
    public static readonly TimeSpan SilenceLimit = 3 * SignPeriod;

    private readonly Dictionary<SiloAddress, (DateTime Sign, long SeenAt)> _signs = [];

    /// <inheritdoc />
    public Task InitializeMembershipTable(bool tryInitTableVersion) => InitializeMembershipTableAsync(tryInitTableVersion, CancellationToken.None);

    /// <inheritdoc />
    public Task InitializeMembershipTableAsync(bool tryInitTableVersion, CancellationToken cancellationToken) =>
        table.InitializeMembershipTableAsync(tryInitTableVersion, cancellationToken);

    /// <inheritdoc />
    public Task DeleteMembershipTableEntries(string clusterId) => DeleteMembershipTableEntriesAsync(clusterId, CancellationToken.None);

    /// <inheritdoc />
    public Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken) =>
        table.DeleteMembershipTableEntriesAsync(clusterId, cancellationToken);

    /// <inheritdoc />
    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => CleanupDefunctSiloEntriesAsync(beforeDate, CancellationToken.None);

    /// <inheritdoc />
    public Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken) =>
        table.CleanupDefunctSiloEntriesAsync(beforeDate, cancellationToken);

    /// <inheritdoc />
    public Task<MembershipTableData> ReadRow(SiloAddress key) => ReadRowAsync(key, CancellationToken.None);

    /// <inheritdoc />
    public Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken) => table.ReadRowAsync(key, cancellationToken);

    /// <inheritdoc />
    public Task<MembershipTableData> ReadAll() => ReadAllAsync(CancellationToken.None);

    /// <inheritdoc />
    public async Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken)
    {
        var all = await table.ReadAllAsync(cancellationToken);
        NoteSigns(all);
        return all;
    }

    /// <inheritdoc />
    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => InsertRowAsync(entry, tableVersion, CancellationToken.None);

    /// <inheritdoc />
    public Task<bool> InsertRowAsync(MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken) =>
        table.InsertRowAsync(entry, tableVersion, cancellationToken);

    /// <inheritdoc />
    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        UpdateRowAsync(entry, etag, tableVersion, CancellationToken.None);

    /// <inheritdoc />
    public async Task<bool> UpdateRowAsync(MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);

        // What this silo says of itself and of its own predecessors is no vote.
        if (entry.Status == SiloStatus.Dead && !entry.SiloAddress.Endpoint.Equals(silo.SiloAddress.Endpoint)
            && !await MayEndOthersAsync(entry.SiloAddress, cancellationToken))
        {
            return false;
        }

        return await table.UpdateRowAsync(entry, etag, tableVersion, cancellationToken);
    }

    /// <inheritdoc />
    public Task UpdateIAmAlive(MembershipEntry entry) => UpdateIAmAliveAsync(entry, CancellationToken.None);

    /// <inheritdoc />
    public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken) => table.UpdateIAmAliveAsync(entry, cancellationToken);

    private async Task<bool> MayEndOthersAsync(SiloAddress other, CancellationToken cancellationToken)
    {
        var all = await ReadAllAsync(cancellationToken);
        var active = all.Members.Select(static member => member.Item1).Where(static member => member.Status == SiloStatus.Active)
            .Select(static member => member.SiloAddress).ToList();
        var seen = await Task.WhenAll(active.Select(async address =>
            (Address: address, Reach: address.Equals(silo.SiloAddress) ? Reachability.Answers : await reach.TryAsync(address.Endpoint))));
        var mine = seen.Where(static it => it.Reach == Reachability.Answers).Select(static it => it.Address).ToList();
        var theirs = seen.Where(it => it.Reach == Reachability.Silent && ShowsLife(it.Address)).Select(static it => it.Address).ToList();

        // Nobody lives on the other side; a silo that is only joining has nobody on its own either, and must not wait for the dead.
        if (theirs.Count == 0 || mine.Count > theirs.Count || (mine.Count == theirs.Count && mine.Min()!.CompareTo(theirs.Min()) < 0))
        {
            return true;
        }

        LogRefrains(logger, other.Endpoint, mine.Count, theirs.Count);
        return false;
    }

    private void NoteSigns(MembershipTableData all)
    {
        var now = time.GetTimestamp();
        lock (_signs)
        {
            foreach (var (member, _) in all.Members)
            {
                if (!_signs.TryGetValue(member.SiloAddress, out var known) || known.Sign != member.IAmAliveTime)
                {
                    _signs[member.SiloAddress] = (member.IAmAliveTime, now);
                }
            }

            foreach (var gone in _signs.Keys.Except(all.Members.Select(static member => member.Item1.SiloAddress)).ToList())
            {
                _signs.Remove(gone);
            }
        }
    }

    /// <summary>By this machine's own watch: clocks of silos differ.</summary>
    private bool ShowsLife(SiloAddress address)
    {
        lock (_signs)
        {
            return _signs.TryGetValue(address, out var known) && time.GetElapsedTime(known.SeenAt) < SilenceLimit;
        }
    }

    [LoggerMessage(6095, LogLevel.Warning,
        "This node cannot reach {Silo}, and does not end it: with {Mine} nodes on this side and {Theirs} living ones on the other this is the smaller side")]
    private static partial void LogRefrains(ILogger logger, IPEndPoint silo, int mine, int theirs);
}
