using System.Net;
using EventCluster.Orleans.Membership;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Orleans.Tests.Membership;

/// <summary>Which side of a split may end silos of the other.</summary>
public sealed class MembershipGuardTests
{
    private readonly VirtualTimeProvider _time = new();
    private readonly Table _table = new();

    /// <summary>
    /// Goal: whatever the split, at most one side ends silos, and there is one unless signs of life say that the other half lives.
    /// Method: all ways to divide up to five silos, each silo tries to end each one of the other side.
    /// </summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Split_EveryWay_LetsOneSideEndTheOtherAndNeverTheSmallerTheLarger(int silos)
    {
        var members = Fill(silos);
        for (var mask = 1; mask < (1 << silos) - 1; mask++)
        {
            var sides = Enumerable.Range(0, silos).ToLookup(i => (mask >> i) & 1);
            var winners = new HashSet<int>();
            foreach (var (me, other) in from a in Enumerable.Range(0, silos) from b in Enumerable.Range(0, silos) select (a, b))
            {
                var mine = (mask >> me) & 1;
                if (mine != ((mask >> other) & 1) && await EndsAsync(members, me, other, i => sides[mine].Contains(i) ? Reachability.Answers : Reachability.Silent))
                {
                    winners.Add(mine);
                }
            }

            var winner = Assert.Single(winners);
            Assert.True(sides[winner].Count() >= sides[1 - winner].Count());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TwoSilos_OneIsKilledOrHangs_TheOtherMayEndIt(bool isKilled)
    {
        var seen = isKilled ? Reachability.Refuses : Reachability.Answers;
        var members = Fill(2);

        Assert.True(await EndsAsync(members, 1, 0, i => i == 1 ? Reachability.Answers : seen));
        Assert.True(await EndsAsync(members, 0, 1, i => i == 0 ? Reachability.Answers : seen));
    }

    /// <summary>Goal: half of the silos without power do not stop the other half. Method: their signs of life stand still.</summary>
    [Fact]
    public async Task HalfWithoutPower_IsEndedOnceItsSignsOfLifeStandStill()
    {
        var members = Fill(4);
        var guard = GuardOf(members, 3, i => i >= 2 ? Reachability.Answers : Reachability.Silent);
        Assert.False(await EndsAsync(guard, members[0]));

        _time.Advance(MembershipGuard.SilenceLimit - TimeSpan.FromSeconds(1));
        Assert.False(await EndsAsync(guard, members[0]));
        members[0].IAmAliveTime = members[0].IAmAliveTime.AddSeconds(5);
        Assert.False(await EndsAsync(guard, members[0]));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(await EndsAsync(guard, members[1]));
    }

    /// <summary>
    /// Goal: a silo that joins is not kept out by the dead, and does not end the living. Method: it is not active yet, so that its own
    /// side is empty; the others were killed, hang without a machine, or live.
    /// </summary>
    [Theory]
    [InlineData(1, true, true)]
    [InlineData(3, true, true)]
    [InlineData(1, false, false)]
    [InlineData(3, false, false)]
    public async Task SiloThatJoins_MayEndTheDeadOnly(int others, bool isKilled, bool ends)
    {
        var members = Fill(others + 1);
        members[others].Status = SiloStatus.Joining;

        Assert.Equal(ends, await EndsAsync(members, others, 0, _ => isKilled ? Reachability.Refuses : Reachability.Silent));
    }

    /// <summary>
    /// Goal: a side that may end nobody harms nobody by trying (found in a partition of real processes: the healthy half ended itself).
    /// Method: both silos of it vote as Orleans does, an intermediary's vote with theirs, again and again; Orleans ends a silo that
    /// finds enough votes on a row that is not dead.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SideThatMayEndNobody_TriesAgainAndAgain_LeavesTooFewVotesForABug(bool hasIntermediary)
    {
        const int Votes = 2;
        var members = Fill(4);
        MembershipGuard[] guards = [.. new[] { 2, 3 }.Select(me => GuardOf(members, me, i => i >= 2 ? Reachability.Answers : Reachability.Silent))];
        for (var round = 0; round < 4; round++)
        {
            foreach (var (guard, me) in guards.Zip([2, 3]))
            {
                foreach (var other in new[] { 0, 1 })
                {
                    var row = members[other];
                    Assert.True((row.SuspectTimes?.Count ?? 0) < Votes, "Orleans takes this for a bug.");
                    await VoteAsync(guard, row, hasIntermediary ? [members[me], members[5 - me]] : [members[me]], Votes);
                    Assert.Equal(SiloStatus.Active, row.Status);
                }
            }
        }
    }

    [Fact]
    public async Task OwnRowAndOwnPredecessor_AreNoVotes()
    {
        var members = Fill(4);
        var guard = GuardOf(members, 3, i => i == 3 ? Reachability.Answers : Reachability.Silent);
        var predecessor = EntryOf(3, generation: 1);

        Assert.True(await EndsAsync(guard, members[3]));
        Assert.True(await EndsAsync(guard, predecessor));
        Assert.False(await EndsAsync(guard, members[0]));
    }

    private async Task<bool> EndsAsync(List<MembershipEntry> members, int me, int other, Func<int, Reachability> reach) =>
        await EndsAsync(GuardOf(members, me, reach), members[other]);

    private async Task<bool> EndsAsync(MembershipGuard guard, MembershipEntry other)
    {
        _table.Written = null;
        var isWritten = await guard.UpdateRow(
            new MembershipEntry { SiloAddress = other.SiloAddress, Status = SiloStatus.Dead }, "", new TableVersion(0, ""));
        Assert.Equal(isWritten, _table.Written is not null);
        return _table.Written?.Status == SiloStatus.Dead;
    }

    /// <summary>What Orleans does with a missed probe; a row that is written is there afterwards.</summary>
    private async Task VoteAsync(MembershipGuard guard, MembershipEntry row, MembershipEntry[] voters, int votes)
    {
        var suspects = (row.SuspectTimes ?? []).Where(vote => !voters.Any(voter => voter.SiloAddress.Equals(vote.Item1)))
            .Concat(voters.Select(voter => Tuple.Create(voter.SiloAddress, row.IAmAliveTime))).ToList();
        var vote = new MembershipEntry
        {
            SiloAddress = row.SiloAddress,
            Status = suspects.Count >= votes ? SiloStatus.Dead : row.Status,
            SuspectTimes = suspects,
        };
        if (await guard.UpdateRow(vote, "", new TableVersion(0, "")))
        {
            (row.Status, row.SuspectTimes) = (_table.Written!.Status, _table.Written.SuspectTimes);
        }
    }

    private List<MembershipEntry> Fill(int silos) => _table.Members = [.. Enumerable.Range(0, silos).Select(i => EntryOf(i))];

    private MembershipGuard GuardOf(List<MembershipEntry> members, int me, Func<int, Reachability> reach) => new(
        _table, new Details(members[me].SiloAddress), new Reach(end => reach(members.FindIndex(it => it.SiloAddress.Endpoint.Equals(end)))), _time,
        NullLogger<MembershipGuard>.Instance);

    private static MembershipEntry EntryOf(int number, int generation = 2) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Parse($"10.0.0.{number + 1}"), 11_111, generation),
        Status = SiloStatus.Active,
        IAmAliveTime = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc),
    };

    private sealed class Reach(Func<IPEndPoint, Reachability> reach) : IReach
    {
        public Task<Reachability> TryAsync(IPEndPoint silo) => Task.FromResult(reach(silo));
    }

    private sealed class Details(SiloAddress address) : ILocalSiloDetails
    {
        public string Name => "me";

        public string ClusterId => "north";

        public string DnsHostName => "host";

        public SiloAddress SiloAddress => address;

        public SiloAddress GatewayAddress => address;
    }

    private sealed class Table : IMembershipTable
    {
        public List<MembershipEntry> Members { get; set; } = [];

        public MembershipEntry? Written { get; set; }

        public Task InitializeMembershipTable(bool tryInitTableVersion) => Task.CompletedTask;

        public Task DeleteMembershipTableEntries(string clusterId) => Task.CompletedTask;

        public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => Task.CompletedTask;

        public Task<MembershipTableData> ReadRow(SiloAddress key) => ReadAll();

        public Task<MembershipTableData> ReadAll() =>
            Task.FromResult(new MembershipTableData([.. Members.Select(member => Tuple.Create(member, ""))], new TableVersion(0, "")));

        public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => Task.FromResult(true);

        public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion)
        {
            Written = entry;
            return Task.FromResult(true);
        }

        public Task UpdateIAmAlive(MembershipEntry entry) => Task.CompletedTask;
    }
}
