using System.Collections.Concurrent;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core;
using EventCluster.Orleans.Grains;
using EventCluster.Protocol;
using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Directory;

/// <summary>
/// The front door of an edge: streams are reached through their grains, wherever those are. Retries keep the identity of an
/// append, so a failover is invisible to clients. Listings come from the store.
/// </summary>
public sealed class OrleansStreamDirectory : IStreamDirectory, IDisposable
{
    private readonly ConcurrentDictionary<StreamName, AppendLane> _lanes = new();
    private readonly IGrainFactory _grains;
    private readonly ILogStore _store;
    private readonly EdgeIdentity _identity;

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
        (_grains, _store, _identity, Options, Time) = (grains, store, identity, options, time);
        Calls = new OwnerCalls(options, time, random, logger);
    }

    /// <inheritdoc />
    public Durability Durability => _store.Durability;

    /// <inheritdoc />
    public StoreHealth Health => Calls.IsStopping
        ? new StoreHealth(AcceptsWrites: false, IsFinal: false, OwnerCalls.StoppingDetail)
        : _store.Health;

    internal OrleansStreamDirectoryOptions Options { get; }

    internal TimeProvider Time { get; }

    internal OwnerCalls Calls { get; }

    /// <inheritdoc />
    public IStreamHandle GetStream(StreamName name) =>
        new OrleansStreamHandle(this, name, _grains.GetGrain<IStreamGrain>(name.Value));

    /// <inheritdoc />
    public ValueTask<StreamPage> ListAsync(
        string prefix, StreamName? after, int limit, CancellationToken cancellationToken) =>
        StreamListing.ListAsync(_store, prefix, after, limit, cancellationToken);

    /// <summary>Answers waiting reads as moved and repeats nothing any more; appends in flight still get their answers.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Calls.Stop();
        foreach (var lane in _lanes.Values)
        {
            await lane.Idle.WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc />
    public void Dispose() => Calls.Dispose();

    internal Task<AppendOutcome> AppendAsync(StreamName name, IStreamGrain grain, AppendRequest request, long bytes)
    {
        if (Calls.IsStopping)
        {
            return Task.FromResult<AppendOutcome>(
                new AppendOutcome.Unavailable(UnavailableReason.Moved, OwnerCalls.StoppingDetail));
        }

        var pending = new PendingAppend(request, bytes);
        while (!_lanes.GetOrAdd(name, static (n, self) => new AppendLane(n, self.Directory, self.Grain, self.Directory._identity),
            (Directory: this, Grain: grain)).TryAdd(pending))
        {
            // The lane ended between the look and the call; the next look makes another one.
        }

        return pending.Task;
    }

    internal void Forget(AppendLane lane) => _lanes.TryRemove(new KeyValuePair<StreamName, AppendLane>(lane.Name, lane));
}
