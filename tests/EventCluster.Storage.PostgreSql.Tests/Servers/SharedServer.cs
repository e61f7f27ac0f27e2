using EventCluster.Storage.PostgreSql.Tests.Servers;
using EventCluster.TestKit.Servers;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedServer))]

namespace EventCluster.Storage.PostgreSql.Tests.Servers;

/// <summary>The server of the whole run. Each test has a schema of its own on it.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    private int _schemas;

    /// <summary>The server.</summary>
    public PostgreSqlServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await PostgreSqlServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    /// <summary>Options of a store in a given schema, or in one that nobody used before. Skips the test where there is no server.</summary>
    public PostgreSqlOptions NewStore(
        int maxStreams = 10_000,
        string? schema = null,
        string? connectionString = null,
        TimeSpan? housekeeping = null,
        TimeSpan? identityCheck = null,
        bool restored = false,
        string? nodeName = null,
        bool connectsAtStart = false)
    {
        Assert.SkipWhen(Server.Missing is not null, Server.Missing ?? "");
        return new PostgreSqlOptions
        {
            ConnectionString = connectionString ?? Server.ConnectionString,
            Schema = schema ?? $"test_{Interlocked.Increment(ref _schemas)}",
            MaxStreams = maxStreams,
            HousekeepingInterval = housekeeping ?? TimeSpan.FromMilliseconds(50),
            RetryAfter = TimeSpan.FromMilliseconds(20),
            PurgeBatchRows = 7,
            IdentityCheckInterval = identityCheck ?? TimeSpan.FromMilliseconds(50),
            EarlierSilosWatch = TimeSpan.FromSeconds(2),
            Restored = restored,
            NodeName = nodeName ?? "node",
            ConnectsAtStart = connectsAtStart,
        };
    }
}
