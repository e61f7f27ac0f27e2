namespace EventCluster.Orleans.Hosting;

/// <summary>Who voted a silo out, as the membership remembers it.</summary>
public sealed class SiloVotes(IMembershipTable table)
{
    /// <summary>The names of the silos that voted; none for one that left by itself or was started again.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="cancellationToken">Abandons it.</param>
    public async Task<IReadOnlyList<string>> AgainstAsync(SiloAddress silo, CancellationToken cancellationToken)
    {
        var members = (await table.ReadAllAsync(cancellationToken)).Members.Select(static member => member.Item1).ToList();
        var votes = members.Find(member => member.SiloAddress.Equals(silo))?.SuspectTimes ?? [];
        return
        [
            .. votes.Select(static vote => vote.Item1).Distinct()
                .Select(voter => members.Find(member => member.SiloAddress.Equals(voter))?.SiloName ?? voter.Endpoint.ToString()),
        ];
    }
}
