using EventCluster.Core;
using EventCluster.Orleans.Grains;
using EventCluster.Orleans.Loops;
using EventCluster.Orleans.Placement;
using EventCluster.Orleans.Witness;
using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Rebalancing;

/// <summary>
/// Growing: the silo that owns the most streams hands some of them to the one that owns the fewest, one after the other at
/// a pace that follows what a move costs. A hand-over drains the stream, deactivates its grain and activates it on the target
/// under a new fence.
/// </summary>
internal sealed partial class Rebalancer(
    RebalanceOptions options,
    LocalStreamDirectory directory,
    SiloRoleMap roles,
    IGrainFactory grains,
    HandOverTargets targets,
    ILocalSiloDetails silo,
    StoreView store,
    TimeProvider time,
    ILogger<Rebalancer> logger)
    : SiloLoop(options.Interval, time, logger), IBalance
{
    /// <summary>Most streams of one plan.</summary>
    private const int MostAtOnce = 1_000;

    /// <summary>How long one plan is followed.</summary>
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(5);

    private bool _isHurried;

    /// <inheritdoc />
    public void Hurry() => Volatile.Write(ref _isHurried, true);

    /// <inheritdoc />
    protected override async Task TurnAsync(CancellationToken cancellationToken)
    {
        var isHurried = Volatile.Read(ref _isHurried);
        var most = isHurried ? MostAtOnce : (int)Math.Min(MostAtOnce, Math.Ceiling(options.StreamsPerSecond * options.Interval.TotalSeconds));
        var silos = roles.ActiveBacklogSilos.ToArray();
        if (most == 0 || silos.Length < 2 || store.IsSilent)
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
            Volatile.Write(ref _isHurried, false);
            return;
        }

        LogMoving(logger, count, target);
        var taker = SiloAddress.FromParsableString(target);
        var began = Time.GetTimestamp();
        foreach (var name in directory.Loaded(count).ToList())
        {
            if (Time.GetElapsedTime(began) > LongestStep)
            {
                // The silos report again: what was planned may not be right any more.
                return;
            }

            if (store.IsSilent || !await targets.CanTakeAsync(taker, cancellationToken))
            {
                // Its next owner could not open it.
                return;
            }

            var moving = Time.GetTimestamp();
            await grains.GetGrain<IStreamGrain>(name.Value).HandOverAsync(target);
            if (!isHurried)
            {
                await Task.Delay(RestAfter(Time.GetElapsedTime(moving), options), Time, cancellationToken);
            }
        }
    }

    /// <summary>How long a silo rests after a move that took this long.</summary>
    internal static TimeSpan RestAfter(TimeSpan move, RebalanceOptions options)
    {
        var byCost = move * ((1 / options.Share) - 1);
        var byPace = TimeSpan.FromSeconds(1.0 / options.StreamsPerSecond) - move;
        return byCost > byPace ? byCost : byPace;
    }
}
