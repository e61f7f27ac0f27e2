using EventCluster.Abstractions.Store;
using EventCluster.Core;
using EventCluster.Orleans.Client;
using EventCluster.Orleans.Directory;
using EventCluster.Orleans.Placement;
using EventCluster.Orleans.Settings;
using EventCluster.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.TestingHost;
using Xunit;

namespace EventCluster.Orleans.Tests.Clusters;

/// <summary>Silos of one process over one store; the last ones are edges unless every silo is both.</summary>
internal sealed class StreamCluster : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;

    private StreamCluster(InProcessTestCluster cluster) => _cluster = cluster;

    /// <summary>Starts a cluster.</summary>
    /// <param name="silos">Number of silos.</param>
    /// <param name="roleOf">The role of each, from 0.</param>
    /// <param name="store">The shared store, of the silo with that number.</param>
    /// <param name="configure">Changes limits of owners.</param>
    /// <param name="clock">The owners' clock; edges and Orleans use the machine's.</param>
    /// <param name="options">Limits of edges.</param>
    /// <param name="services">More services of each silo.</param>
    /// <param name="clockOf">The owners' clock on the silo with that number, instead of one for all.</param>
    public static async Task<StreamCluster> StartAsync(
        int silos,
        Func<int, SiloRoles> roleOf,
        Func<int, ILogStore> store,
        Action<LocalStreamDirectoryOptions>? configure = null,
        TimeProvider? clock = null,
        OrleansStreamDirectoryOptions? options = null,
        Action<IServiceCollection>? services = null,
        Func<int, TimeProvider>? clockOf = null)
    {
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.Options.InitializeClientOnDeploy = false;
        builder.Options.ConfigureFileLogging = false;
#pragma warning disable ORLEANSEXP003 // The distributed directory is what the product uses.
        builder.Options.UseDistributedGrainDirectory = true;
#pragma warning restore ORLEANSEXP003
        builder.ConfigureSilo((silo, host) =>
        {
            var number = int.Parse(silo.SiloName.AsSpan("Silo_".Length), null);
            var owners = new LocalStreamDirectoryOptions();
            configure?.Invoke(owners);
            host.Services.AddSingleton(store(number));
            host.Services.AddSingleton(owners);
            host.Services.AddSingleton(options ?? new OrleansStreamDirectoryOptions());
            services?.Invoke(host.Services);
            host.AddMemoryGrainStorage(ClusterSettingsGrain.StorageName);
            host.AddEventCluster(roleOf(number));
            if ((clockOf?.Invoke(number) ?? clock) is { } own && roleOf(number).HasFlag(SiloRoles.Backlog))
            {
                UseClock(host.Services, own);
            }

            host.Configure<ClusterMembershipOptions>(membership => membership.DefunctSiloCleanupPeriod = null);
            host.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        });
        builder.ConfigureClientHost(client => client.Services.AddEventClusterClient());
        var cluster = await BuildAsync(builder);
        await cluster.DeployAsync();
        return new StreamCluster(cluster);
    }

    /// <summary>Services of a silo.</summary>
    public IServiceProvider Services(int silo) => Handle(silo).SiloHost.Services;

    /// <summary>A silo's address as text.</summary>
    public string Address(int silo) => Handle(silo).SiloAddress.ToParsableString();

    /// <summary>The front door of an edge.</summary>
    public OrleansStreamDirectory Edge(int silo) => Services(silo).GetRequiredService<OrleansStreamDirectory>();

    /// <summary>The streams of a backlog silo.</summary>
    public LocalStreamDirectory Backlog(int silo) => Services(silo).GetRequiredService<LocalStreamDirectory>();

    /// <summary>The grains as an application sees them that is no silo; after <see cref="ConnectClientAsync"/>.</summary>
    public IGrainFactory Grains => _cluster.Client;

    /// <summary>Connects an application that is no silo, and gives its client.</summary>
    public async Task<EventClusterClient> ConnectClientAsync()
    {
        await _cluster.InitializeClientAsync();
        return _cluster.Client.ServiceProvider.GetRequiredService<EventClusterClient>();
    }

    /// <summary>Starts one more silo; it gets the next number.</summary>
    public Task AddSiloAsync() => _cluster.StartAdditionalSiloAsync();

    /// <summary>Stops a silo in good order.</summary>
    public Task StopAsync(int silo) => _cluster.StopSiloAsync(Handle(silo));

    /// <summary>Stops a silo without a word to anybody.</summary>
    public Task KillAsync(int silo) => _cluster.KillSiloAsync(Handle(silo));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    /// <summary>The builder looks for ports that nobody uses, though its silos talk in memory; a load test beside us takes many.</summary>
    private static async Task<InProcessTestCluster> BuildAsync(InProcessTestClusterBuilder builder)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return builder.Build();
            }
            catch (InvalidOperationException) when (TimeProvider.System.GetElapsedTime(startedAt) < Phase.HangGuard)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }
    }

    private InProcessSiloHandle Handle(int silo) => _cluster.Silos.Single(handle => handle.Name == $"Silo_{silo}");

    private static void UseClock(IServiceCollection services, TimeProvider clock)
    {
        var registration = services.Single(service => service.ServiceType == typeof(LocalStreamDirectory));
        services.Remove(registration);
        services.AddSingleton(provider => new LocalStreamDirectory(
            provider.GetRequiredService<ILogStore>(),
            provider.GetRequiredService<LocalStreamDirectoryOptions>(),
            clock,
            new Random(1),
            provider.GetRequiredService<ILogger<LocalStreamDirectory>>(),
            provider.GetRequiredService<Core.Owners.IStreamOwners>()));
    }
}
