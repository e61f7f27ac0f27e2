using System.Security.Cryptography;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Memory;
using EventCluster.Delivery;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Pump;
using EventCluster.Delivery.Reading;
using EventCluster.Delivery.Timing;
using EventCluster.Edge;
using EventCluster.Edge.Admin;
using EventCluster.Edge.Composite;
using EventCluster.Edge.Http;
using EventCluster.Edge.Live;
using EventCluster.Edge.Memory;
using EventCluster.Edge.Peers;
using EventCluster.Edge.Sessions;
using EventCluster.Edge.SignalR;
using EventCluster.Edge.Streams;
using EventCluster.Edge.WebSockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the HTTP surface.</summary>
public static class EdgeServiceCollectionExtensions
{
    /// <summary>
    /// Adds the HTTP surface of streams. Needs an <c>IStreamDirectory</c>; takes <see cref="TimeProvider"/>, a seeded
    /// <see cref="Random"/> and a <see cref="MemoryBudget"/> from the services when they are there.
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

        services.AddOptions<DeliveryOptions>().Configure<IOptions<EdgeOptions>>(static (delivery, edge) =>
            (delivery.FeedBytes, delivery.Pumps) = (edge.Value.FeedBytes, edge.Value.Pumps));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static _ => MemoryBudget.Unbounded());
        services.TryAddSingleton(static provider => new EdgeRandom(
            provider.GetService<Random>() ?? new Random(RandomNumberGenerator.GetInt32(int.MaxValue))));
        services.TryAddSingleton(static provider => new FrameCache(
            provider.GetRequiredService<IOptions<EdgeOptions>>().Value.FrameCacheBytes));
        services.TryAddSingleton<InboundMemory>();
        services.TryAddSingleton<FrameWriter>();
        services.TryAddSingleton(static provider => new BlockCache(
            provider.GetRequiredService<IOptions<EdgeOptions>>().Value.BlockCacheBytes,
            provider.GetRequiredService<MemoryBudget>().CatchUp));
        services.TryAddSingleton<DeadlineQueue>();
        services.TryAddSingleton<IPeerProbe, TcpInfoProbe>();
        services.TryAddSingleton<PeerWatcher>();
        services.TryAddSingleton<FeedDirectory>();
        services.TryAddSingleton<MissingStreams>();
        services.TryAddSingleton(static provider => new SubscriptionPumps(
            provider.GetRequiredService<FeedDirectory>(),
            provider.GetRequiredService<DeadlineQueue>(),
            provider.GetRequiredService<IOptions<DeliveryOptions>>(),
            provider.GetRequiredService<ILogger<SubscriptionPump>>(),
            start: null,
            provider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping));
        services.AddSingleton<IBackgroundPart>(static provider => provider.GetRequiredService<SubscriptionPumps>());
        services.TryAddSingleton<PinnedBlocks>();
        services.TryAddSingleton<LiveCursor>();
        services.TryAddSingleton<CatchUpTransport>();
        services.TryAddSingleton<LongPollTransport>();
        services.TryAddSingleton<DurableSseTransport>();
        services.TryAddSingleton<EventSourceTransport>();
        services.TryAddSingleton<SessionServices>();
        services.TryAddSingleton<WebSocketTransport>();
        services.TryAddSingleton<CompositeTransport>();
        services.TryAddSingleton<HubEndpoint>();
        services.AddHostedService<HubDrain>();
        services.TryAddSingleton<ReadHandler>();
        services.TryAddSingleton<AppendHandler>();
        services.TryAddSingleton<CreateHandler>();
        services.TryAddSingleton<DescribeHandler>();
        services.TryAddSingleton<DeleteHandler>();
        services.TryAddSingleton(static provider => provider.GetRequiredService<FeedDirectory>().Damage);
        services.TryAddSingleton<AnswerGuard>();
        services.TryAddSingleton<RefusedOrigins>();
        services.TryAddSingleton<StreamEndpoint>();
        services.TryAddSingleton<AdminEndpoint>();
        services.TryAddSingleton<HealthEndpoint>();
        services.TryAddSingleton<EdgeMiddleware>();
        return services;
    }
}
