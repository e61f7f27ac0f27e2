using EventCluster.Core;
using EventCluster.Orleans.Grains;
using EventCluster.Orleans.Placement;
using EventCluster.Orleans.Rebalancing;
using EventCluster.Protocol;
using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Hosting;

/// <summary>
/// The streams' part in the life of a backlog silo. The stop comes first of all: the streams are handed over to the other
/// silos one by one, each with its pending appends answered; what is left is refused as moving, the writers finish,
/// waiting reads are sent away; then the silo leaves the cluster.
/// </summary>
internal sealed partial class BacklogLife(
    LocalStreamDirectory directory,
    IGrainFactory grains,
    HandOverTargets targets,
    SiloRoleMap roles,
    ILocalSiloDetails silo,
    TimeProvider time,
    ILogger<BacklogLife> logger)
    : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>Streams handed over at once: their next owners open them in the store.</summary>
    private const int HandOversAtOnce = 16;

    /// <summary>How long handing over may take; streams that are left after it wait until the silo has left.</summary>
    private static readonly TimeSpan HandOverLimit = TimeSpan.FromSeconds(5);

    /// <summary>How long it stays after its streams are gone.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan HandOverPause = TimeSpan.FromMilliseconds(20);

    /// <inheritdoc />
    public void Participate(ISiloLifecycle lifecycle)
    {
        ArgumentNullException.ThrowIfNull(lifecycle);
        lifecycle.Subscribe(nameof(BacklogLife), ServiceLifecycleStage.Last, StartAsync, StopAsync);
    }

    private Task StartAsync(CancellationToken cancellationToken)
    {
        directory.Start();
        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        LogDraining(logger, directory.LoadedStreams);
        await HandOverAsync(cancellationToken);
        await directory.StopAsync(cancellationToken);
        LogDrained(logger);
    }

    /// <summary>Until this silo owns nothing, or the time is over: while it still is a member, calls may bring new streams.</summary>
    private async Task HandOverAsync(CancellationToken cancellationToken)
    {
        var others = roles.ActiveBacklogSilos.Where(other => !other.Equals(silo.SiloAddress)).ToArray();
        if (others.Length == 0 || directory.LoadedStreams == 0)
        {
            return;
        }

        await HandOverAllAsync(await targets.AmongAsync(others, cancellationToken), cancellationToken);

        // While this silo is still here it passes on what is sent to the old place, and whoever sent it learns the new one.
        // After it left, everybody who did not would have to ask a directory that is being divided anew.
        await Task.Delay(SettleTime, time, cancellationToken);
        await HandOverAllAsync(await targets.AmongAsync(others, cancellationToken), cancellationToken);
    }

    private async Task HandOverAllAsync(SiloAddress[] others, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (directory.LoadedStreams > 0 && time.GetElapsedTime(began) < HandOverLimit)
        {
            var names = directory.Loaded(int.MaxValue).ToArray();
            for (var first = 0; first < names.Length && time.GetElapsedTime(began) < HandOverLimit; first += HandOversAtOnce)
            {
                var some = names.Skip(first).Take(HandOversAtOnce);
                await Task.WhenAll(some.Select((name, i) => HandOverAsync(name, others[(first + i) % others.Length], cancellationToken)));
            }

            await Task.Delay(HandOverPause, time, cancellationToken);
        }
    }

    private async Task HandOverAsync(StreamName name, SiloAddress target, CancellationToken cancellationToken)
    {
        try
        {
            await grains.GetGrain<IStreamGrain>(name.Value).HandOverAsync(target.ToParsableString()).WaitAsync(HandOverLimit, time, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Its owner is gone or elsewhere already; the next round, or the silo's leaving, settles it.
            LogNotHandedOver(logger, name.Value, e);
        }
    }
}
