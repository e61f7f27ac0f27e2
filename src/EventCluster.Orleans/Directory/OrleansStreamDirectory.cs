using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core;
using EventCluster.Protocol;
using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Directory;

/// <summary>
/// The front door of an edge: streams are reached through their grains, wherever those are. Retries keep the identity of an
/// append, so a failover is invisible to clients. Listings come from the store.
/// </summary>
public sealed class OrleansStreamDirectory : IStreamDirectory, IDisposable
{
    private readonly OwnerReach _reach;
    private readonly ILogStore _store;

    /// <summary>A directory over a cluster.</summary>
    /// <param name="grains">Reaches the cluster.</param>
    /// <param name="store">The store that the cluster's silos share; for listings and for what it promises.</param>
    /// <param name="identity">Identity of this edge.</param>
    /// <param name="options">Named limits.</param>
    /// <param name="time">The clock of timeouts.</param>
    /// <param name="random">Source of jitter.</param>
    /// <param name="logger">The log.</param>
    public OrleansStreamDirectory(
        IGrainFactory grains,
        ILogStore store,
        EdgeIdentity identity,
        OrleansStreamDirectoryOptions options,
        TimeProvider time,
        Random random,
        ILogger<OrleansStreamDirectory> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        _store = store;
        _reach = new OwnerReach(grains, identity, options, time, random, logger);
    }

    /// <inheritdoc />
    public Durability Durability => _store.Durability;

    /// <inheritdoc />
    public StoreHealth Health => _reach.Calls.IsStopping
        ? new StoreHealth(AcceptsWrites: false, IsFinal: false, OwnerCalls.StoppingDetail)
        : HasOwners()
            ? _store.Health
            : new StoreHealth(AcceptsWrites: false, IsFinal: false, "No silo of the cluster hosts streams now.");

    /// <summary>Whether any silo can own streams now; readiness says no without one. Default: always.</summary>
    public Func<bool> HasOwners { get; init; } = static () => true;

    /// <summary>Whether no silo of the cluster reaches the store. Default: never.</summary>
    public Func<bool> IsStoreDownForAllNow { get; init; } = static () => false;

    /// <inheritdoc />
    public bool IsStoreDownForAll => IsStoreDownForAllNow();

    /// <inheritdoc />
    public TimeSpan? LongestUnconfirmed => _reach.Options.LongestUnconfirmed;

    /// <inheritdoc />
    public IStreamHandle GetStream(StreamName name) => _reach.GetStream(name);

    /// <inheritdoc />
    public ValueTask<StreamPage> ListAsync(
        string prefix, StreamName? after, int limit, CancellationToken cancellationToken) =>
        StreamListing.ListAsync(_store, prefix, after, limit, cancellationToken);

    /// <summary>Answers waiting reads as moved and repeats nothing any more; appends in flight still get their answers.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _reach.StopAsync(cancellationToken);

    /// <inheritdoc />
    public void Dispose() => _reach.Dispose();
}
