using System.Collections.Concurrent;
using EventCluster.Abstractions.Streams;
using EventCluster.Orleans.Grains;
using EventCluster.Protocol;
using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Directory;

/// <summary>What an edge and a client of the cluster share: handles on streams, and one lane of appends per stream in use.</summary>
internal sealed class OwnerReach(
    IGrainFactory grains,
    EdgeIdentity identity,
    OrleansStreamDirectoryOptions options,
    TimeProvider time,
    Random random,
    ILogger logger,
    GatewayLoss? loss = null) : IDisposable
{
    private readonly ConcurrentDictionary<StreamName, AppendLane> _lanes = new();

    public OrleansStreamDirectoryOptions Options => options;

    public TimeProvider Time => time;

    public OwnerCalls Calls { get; } = new(options, time, random, logger, loss);

    /// <summary>Null when appends are sent once per attempt.</summary>
    public AppendCopies? Copies { get; } =
        options.AppendCopyAfter is { } after ? new AppendCopies(after, loss, time) : null;

    public EdgeIdentity Identity => identity;

    /// <summary>Whether requests are checked before they are sent. An edge has checked them already.</summary>
    public bool ChecksRequests { get; init; }

    /// <summary>What repeated requests mean.</summary>
    public KnownIncarnations Incarnations { get; } = new();

    public TailNews Tails { get; } = new(time);

    /// <summary>An append that has less left is not begun: one attempt takes that long when an owner is not there.</summary>
    public TimeSpan LeastTime => Min(options.AppendAttemptTimeout, options.RetryFor / 5);

    /// <summary>What is left until an append's answer is due.</summary>
    public TimeSpan TimeLeft(PendingAppend append) => options.RetryFor - time.GetElapsedTime(append.AddedAt);

    /// <summary>How long the next attempt of an append may take.</summary>
    public TimeSpan AppendAttempt(OwnerCalls.Retry retry) => Min(options.AppendAttemptTimeout, retry.Left);

    public IStreamHandle GetStream(StreamName name) =>
        new OrleansStreamHandle(this, name, grains.GetGrain<IStreamGrain>(name.Value));

    public Task<AppendOutcome> AppendAsync(StreamName name, IStreamGrain grain, AppendRequest request, long bytes)
    {
        if (Calls.IsStopping)
        {
            return Task.FromResult<AppendOutcome>(
                new AppendOutcome.Unavailable(UnavailableReason.Moved, OwnerCalls.StoppingDetail));
        }

        var pending = new PendingAppend(request, bytes, time.GetTimestamp());
        while (!_lanes.GetOrAdd(name, static (n, it) => new AppendLane(n, it.Reach, it.Grain), (Reach: this, Grain: grain))
            .TryAdd(pending))
        {
            // The lane ended between the look and the call; the next look makes another one.
        }

        return pending.Task;
    }

    public void Forget(AppendLane lane) => _lanes.TryRemove(new KeyValuePair<StreamName, AppendLane>(lane.Name, lane));

    /// <summary>Answers waiting reads as moved and repeats nothing any more; appends in flight still get their answers.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Calls.Stop();
        foreach (var lane in _lanes.Values)
        {
            await lane.Idle.WaitAsync(cancellationToken);
        }
    }

    public void Dispose() => Calls.Dispose();

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
