using Azure.Data.Tables;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Storage.AzureTables.Tests.Servers;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Storage.AzureTables.Tests.Starting;

/// <summary>Accounts and tables that cannot be this store, each with a clear answer.</summary>
public sealed class StartTests(SharedServer shared) : StoreTest(shared)
{
    [Fact]
    public async Task Open_ManyNodesAtOnce_ShareTheTables()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => OpenStoreAsync()));

        Assert.All(stores, store => Assert.Equal(Durability.Flushed, store.Durability));
        await CreateAsync(stores[0], "a", "1");
        Assert.Equal("1", await TextAsync(stores[5], "a"));
    }

    [Theory]
    [InlineData(4, 3, true)]
    [InlineData(5, 3, false)]
    [InlineData(4, 4, false)]
    public async Task Open_NewerLayout_IsRefusedUnlessTheNextOneThatStillServesThisBuild(int version, int oldest, bool accepted)
    {
        await OpenStoreAsync();
        await ChangeFormatAsync(("Version", version), ("OldestBinary", oldest));

        if (accepted)
        {
            await CreateAsync(await OpenStoreAsync(), "a", "1");
        }
        else
        {
            var refusal = await Assert.ThrowsAsync<AzureTablesUnusableException>(() => OpenStoreAsync());
            Assert.Contains($"version {version}", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("supports 1 to 4", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Open_AnotherClustersData_IsRefusedNamingBoth()
    {
        await OpenStoreAsync();
        await ChangeFormatAsync(("ClusterId", "north"));

        var refusal = await Assert.ThrowsAsync<AzureTablesUnusableException>(() => OpenStoreAsync());

        Assert.Contains("'north'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("'eventcluster'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WrongKey_IsRefusedInOneLine()
    {
        var wrong = Options.ConnectionString.Replace("Eby8", "AAAA", StringComparison.Ordinal);

        var refusal = await Assert.ThrowsAsync<AzureTablesUnusableException>(
            () => OpenStoreAsync(Shared.NewStore(connectionString: wrong)));

        Assert.Contains("403", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("AccountName=a;AccountKey=not base64;TableEndpoint=http://127.0.0.1:1/a")]
    public async Task Open_ConnectionStringThatIsNone_IsRefusedAtOnce(string text)
    {
        var refusal = await Assert.ThrowsAsync<AzureTablesUnusableException>(() => OpenStoreAsync(Shared.NewStore(connectionString: text)));

        Assert.Contains("connection string", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_FaultyOptions_NamesAllOfThem()
    {
        var options = new AzureTablesOptions { ConnectionString = "", Table = "no-dashes", ClusterId = " ", MaxRequests = 0 };

        var fault = await Assert.ThrowsAsync<ArgumentException>(() => AzureTablesLogStore.OpenAsync(
            options, TimeProvider.System, NullLogger<AzureTablesLogStore>.Instance, Cancellation));

        Assert.All(
            ["ConnectionString", "Table", "ClusterId", "MaxRequests"],
            name => Assert.Contains(name, fault.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Open_ServiceAway_WaitsUntilItIsThere()
    {
        await using var relay = new TcpRelay(Shared.Server.Port);
        relay.Refuse(true);
        var opening = OpenStoreAsync(Shared.NewStore(connectionString: AzuriteServer.ConnectionTo(relay.Port)));
        Assert.False(opening.IsCompleted);

        relay.Refuse(false);

        await CreateAsync(await Phase.OfAsync("the store opens", opening), "a", "1");
    }

    [Fact]
    public async Task Read_RottenBlock_IsReportedAndNeverSkipped()
    {
        var store = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a", "1", "2", "3");
        var row = (await QueryAsync(Streams, "First eq 1L")).Single();
        var bytes = row.GetBinary("D0");
        bytes[^1]++;
        row["D0"] = bytes;
        await Streams.UpdateEntityAsync(row, row.ETag, cancellationToken: Cancellation);

        Assert.Single(await owner.ReadAsync(1, 0, 1));
        var damage = await Assert.ThrowsAsync<LogDamagedException>(() => owner.ReadAsync(1, 0, 3));
        Assert.Contains("'a' at incarnation 1, sequence 1", damage.Message, StringComparison.Ordinal);
    }

    private async Task ChangeFormatAsync(params (string Property, object Value)[] changes)
    {
        TableEntity format = (await Streams.GetEntityAsync<TableEntity>("store", "format", cancellationToken: Cancellation)).Value;
        foreach (var (property, value) in changes)
        {
            format[property] = value;
        }

        await Streams.UpdateEntityAsync(format, format.ETag, cancellationToken: Cancellation);
    }
}
