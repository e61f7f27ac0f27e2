using EventCluster.Silo.Tests.Processes;
using EventCluster.TestKit.Servers;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedServer))]

namespace EventCluster.Silo.Tests.Processes;

/// <summary>The PostgreSQL server of the whole run. Each test has a schema of its own on it.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    private int _schemas;

    /// <summary>The server.</summary>
    public PostgreSqlServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await PostgreSqlServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    /// <summary>A cluster that nobody used before. Skips the test where there is no server.</summary>
    public SiloSettings NewCluster()
    {
        Assert.SkipWhen(Server.Missing is not null, Server.Missing ?? "");
        return new SiloSettings(Server.ConnectionString, $"states_{Interlocked.Increment(ref _schemas)}");
    }
}
