using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core;
using EventCluster.Core.Owners;
using EventCluster.Orleans.Directory;
using EventCluster.Orleans.Grains;
using EventCluster.Orleans.Hosting;
using EventCluster.Orleans.Loops;
using EventCluster.Orleans.Placement;
using EventCluster.Orleans.Rebalancing;
using EventCluster.Orleans.Settings;
using EventCluster.Orleans.Wire;
using EventCluster.Orleans.Witness;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Serialization;

namespace Orleans.Hosting;

/// <summary>Adds EventCluster to a silo.</summary>
public static class EventClusterSiloBuilderExtensions
{
    /// <summary>
    /// Streams are hosted here (role backlog), served here (role edge) or both. Every silo of the cluster needs this, and
    /// an <see cref="ILogStore"/> over the same medium among its services.
    /// </summary>
    public static ISiloBuilder AddEventCluster(this ISiloBuilder silo, SiloRoles roles)
    {
        ArgumentNullException.ThrowIfNull(silo);
        silo.UseSiloMetadata(SiloRoleMap.MetadataOf(roles));
        var services = silo.Services;
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ITypeNameFilter, WireTypeFilter>());
        services.AddSingleton<CutOffSilos>();
        services.AddSingleton<SiloRoleMap>();
        services.AddSingleton<StoreProbe>();
        services.AddSingleton<StoreView>();
        services.AddSingleton<StoreWitnessClient>();
        silo.AddGrainService<StoreWitness>();
        services.AddPlacementFilter<BacklogPlacementStrategy, BacklogPlacementFilter>(ServiceLifetime.Singleton);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSiloHandshakes();
        services.AddLoop<StallWatch>();
        services.AddLoop<StoreWatch>();
        services.AddSingleton<SiloVotes>();
        services.AddLoop<MembershipLog>();
        if (roles.HasFlag(SiloRoles.Backlog))
        {
            AddBacklog(services);
        }

        if (roles.HasFlag(SiloRoles.Edge))
        {
            AddEdge(services);
        }

        return silo;
    }

    private static void AddBacklog(IServiceCollection services)
    {
        services.TryAddSingleton<LocalStreamDirectoryOptions>();
        services.AddSingleton<IStreamOwners, OrleansStreamOwners>();
        services.TryAddSingleton(static provider => new LocalStreamDirectory(
            provider.GetRequiredService<ILogStore>(),
            provider.GetRequiredService<LocalStreamDirectoryOptions>(),
            provider.GetRequiredService<TimeProvider>(),
            SeedOf(provider),
            provider.GetRequiredService<ILogger<LocalStreamDirectory>>(),
            provider.GetRequiredService<IStreamOwners>()));
        services.AddSingleton<IIncomingGrainCallFilter, ForeignRequestFilter>();
        services.TryAddSingleton<RebalanceOptions>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, BacklogLife>();
        services.AddSingleton<HandOverTargets>();
        services.AddLoop<Rebalancer>();
        services.AddSingleton<IBalance>(static provider => provider.GetRequiredService<Rebalancer>());
        services.AddLoop<ClusterSettingsFollower>();

        // An idle owner is a few kilobytes; its stream leaves memory much earlier.
        services.Configure<GrainCollectionOptions>(static options => options.ClassSpecificCollectionAge[typeof(StreamGrain).FullName!] =
            TimeSpan.FromMinutes(5));
    }

    private static void AddEdge(IServiceCollection services)
    {
        services.TryAddSingleton<OrleansStreamDirectoryOptions>();
        services.TryAddSingleton(static provider =>
        {
            var silo = provider.GetRequiredService<ILocalSiloDetails>().SiloAddress;
            return new EdgeIdentity(silo.Endpoint.ToString(), silo.Generation);
        });
        services.TryAddSingleton(static provider => new OrleansStreamDirectory(
            provider.GetRequiredService<IGrainFactory>(),
            provider.GetRequiredService<ILogStore>(),
            provider.GetRequiredService<EdgeIdentity>(),
            provider.GetRequiredService<OrleansStreamDirectoryOptions>(),
            provider.GetRequiredService<TimeProvider>(),
            SeedOf(provider),
            provider.GetRequiredService<ILogger<OrleansStreamDirectory>>())
        {
            IsStoreDownForAllNow = () => provider.GetRequiredService<StoreView>().IsDownForAll,
            HasOwners = () => provider.GetRequiredService<SiloRoleMap>().ActiveBacklogSilos.Any(),
        });
        services.TryAddSingleton<IStreamDirectory>(static provider => provider.GetRequiredService<OrleansStreamDirectory>());
    }

    // Commit identities and jitter differ between silos that start in the same moment.
    private static Random SeedOf(IServiceProvider provider) =>
        provider.GetService<Random>() ?? new Random(
            provider.GetRequiredService<ILocalSiloDetails>().SiloAddress.GetConsistentHashCode());

    /// <summary>Registers a loop with the silo's life and with its readiness.</summary>
    private static void AddLoop<T>(this IServiceCollection services)
        where T : SiloLoop
    {
        services.AddSingleton<T>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(static provider => provider.GetRequiredService<T>());
        services.AddSingleton<IBackgroundPart>(static provider => provider.GetRequiredService<T>());
    }
}
