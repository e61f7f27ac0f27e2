using EventCluster.Orleans.Membership;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Orleans.Hosting;

/// <summary>Puts the guard in front of a membership table.</summary>
public static class MembershipGuardExtensions
{
    /// <summary>To be called after the membership was chosen; does nothing where none is registered.</summary>
    public static ISiloBuilder UseMembershipGuard(this ISiloBuilder silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        var services = silo.Services;
        if (services.LastOrDefault(static service => service.ServiceType == typeof(IMembershipTable)) is not { } chosen)
        {
            return silo;
        }

        services.RemoveAll<IMembershipTable>();
        services.AddSingleton<IReach>(static provider => new TcpReach(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IMembershipTable>(provider => new MembershipGuard(
            (IMembershipTable)(chosen.ImplementationInstance ?? chosen.ImplementationFactory?.Invoke(provider)
                ?? ActivatorUtilities.CreateInstance(provider, chosen.ImplementationType!)),
            provider.GetRequiredService<ILocalSiloDetails>(),
            provider.GetRequiredService<IReach>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<MembershipGuard>>()));
        services.Configure<ClusterMembershipOptions>(static membership => membership.IAmAliveTablePublishTimeout = MembershipGuard.SignPeriod);
        return silo;
    }
}
