using EventCluster.Storage.AzureTables.Tests.Servers;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedServer))]

namespace EventCluster.Storage.AzureTables.Tests.Servers;

/// <summary>The emulator of the whole run. Each test has tables of its own on it.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    private int _tables;

    /// <summary>The emulator.</summary>
    public AzuriteServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await AzuriteServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    /// <summary>Options of a store in a given table, or in one that nobody used before. Skips the test where there is no emulator.</summary>
    public AzureTablesOptions NewStore(
        int maxStreams = 10_000, string? table = null, string? connectionString = null, bool restored = false, string? nodeName = null)
    {
        Assert.SkipWhen(Server.Missing is not null, Server.Missing ?? "");
        return new AzureTablesOptions
        {
            ConnectionString = connectionString ?? Server.ConnectionString,
            Table = table ?? $"test{Interlocked.Increment(ref _tables)}",
            MaxStreams = maxStreams,
            HousekeepingInterval = TimeSpan.FromSeconds(2),
            RetryAfter = TimeSpan.FromMilliseconds(20),
            SweepDelay = TimeSpan.Zero,
            Restored = restored,
            NodeName = nodeName ?? "node",
            AliveInterval = TimeSpan.FromMilliseconds(100),
            AliveWatch = TimeSpan.FromSeconds(2),
            EarlierSilosWatch = TimeSpan.FromSeconds(2),
        };
    }
}
