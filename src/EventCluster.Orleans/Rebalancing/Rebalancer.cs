using EventCluster.Core;
using EventCluster.Orleans.Grains;
using EventCluster.Orleans.Hosting;
using EventCluster.Orleans.Placement;
using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Rebalancing;

/// <summary>
/// Growing: the silo that owns the most streams hands some of them to the one that owns the fewest, one after the other at
/// the operator's pace. A hand-over drains the stream, deactivates its grain and activates it on the target under a new fence.
/// </summary>
internal sealed partial class Rebalancer(
    RebalanceOptions options,
    LocalStreamDirectory directory,
    SiloRoleMap roles,
    IGrainFactory grains,
    ILocalSiloDetails silo,
    TimeProvider time,
    ILogger<Rebalancer> logger)
    : SiloLoop(options.Interval, time, logger)
{
    /// <inheritdoc />
    protected override async Task TurnAsync(CancellationToken cancellationToken)
    {
        var most = (int)Math.Ceiling(options.StreamsPerSecond * options.Interval.TotalSeconds);
        var silos = roles.ActiveBacklogSilos.ToArray();
        if (most == 0 || silos.Length < 2)
        {
            return;
        }

        var step = await grains.GetGrain<IRebalanceGrain>(0).ReportAsync(new RebalanceReport
        {
            Silo = silo.SiloAddress.ToParsableString(),
            Owned = directory.LoadedStreams,
            Active = Array.ConvertAll(silos, address => address.ToParsableString()),
            Most = most,
        });
        if (step is not { Count: var count, Target: { } target })
        {
            return;
        }

        LogMoving(logger, count, target);
        foreach (var name in directory.Loaded(count).ToList())
        {
            await grains.GetGrain<IStreamGrain>(name.Value).HandOverAsync(target);
            await Task.Delay(TimeSpan.FromSeconds(1.0 / options.StreamsPerSecond), Time, cancellationToken);
        }
    }
}
