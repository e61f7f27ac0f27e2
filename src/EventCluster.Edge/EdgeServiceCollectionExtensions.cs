using EventCluster.Edge;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the HTTP surface.</summary>
public static class EdgeServiceCollectionExtensions
{
    /// <summary>
    /// Adds the HTTP surface of streams. Needs an <c>IStreamDirectory</c>; takes <see cref="TimeProvider"/> and a seeded
    /// <see cref="Random"/> from the services when they are there.
    /// </summary>
    public static IServiceCollection AddEventClusterEdge(
        this IServiceCollection services, Action<EdgeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<EdgeOptions>();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<EdgeMiddleware>();
        return services;
    }
}
