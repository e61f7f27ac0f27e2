using System.Net;
using EventCluster.Orleans.Membership;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Orleans.Tests.Membership;

/// <summary>Two silos with one advertised address: the second never harms the first.</summary>
public sealed class AddressClaimTests
{
    private static readonly IPEndPoint _address = new(IPAddress.Loopback, 11_111);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("here", SiloStatus.Active, true, false)]
    [InlineData("elsewhere", SiloStatus.Active, true, true)]
    [InlineData("elsewhere", SiloStatus.Joining, true, true)]
    [InlineData("elsewhere", SiloStatus.Active, false, false)]
    [InlineData("elsewhere", SiloStatus.Dead, true, false)]
    public async Task Address_OfALivingSiloOfAnotherMachine_IsRefused(string host, SiloStatus status, bool lives, bool isRefused)
    {
        var time = new VirtualTimeProvider();
        var entry = new MembershipEntry
        {
            SiloAddress = SiloAddress.New(_address.Address, _address.Port, 1),
            Status = status,
            HostName = host,
            SiloName = "first",
        };
        var table = new Table(entry, () => lives ? time.GetUtcNow().UtcDateTime : default);

        var finding = AddressClaim.FindFaultAsync(table, _address, "HERE", time, Cancellation);
        await Phase.UntilAsync(
            "it decides", () => Task.FromResult(finding.IsCompleted), () => time.Advance(TimeSpan.FromSeconds(1)), Cancellation);

        Assert.Equal(isRefused, await finding is not null);
        Assert.True(!isRefused || (await finding)!.Contains("'first' on the machine 'elsewhere'", StringComparison.Ordinal));
    }

    private sealed class Table(MembershipEntry entry, Func<DateTime> sign) : IMembershipTable
    {
        public Task InitializeMembershipTable(bool tryInitTableVersion) => Task.CompletedTask;

        public Task DeleteMembershipTableEntries(string clusterId) => Task.CompletedTask;

        public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => Task.CompletedTask;

        public Task<MembershipTableData> ReadRow(SiloAddress key) => ReadAll();

        public Task<MembershipTableData> ReadAll()
        {
            var row = new MembershipEntry
            {
                SiloAddress = entry.SiloAddress,
                Status = entry.Status,
                HostName = entry.HostName,
                SiloName = entry.SiloName,
                IAmAliveTime = sign(),
            };
            return Task.FromResult(new MembershipTableData([Tuple.Create(row, "")], new TableVersion(0, "")));
        }

        public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => Task.FromResult(true);

        public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => Task.FromResult(true);

        public Task UpdateIAmAlive(MembershipEntry entry) => Task.CompletedTask;
    }
}
