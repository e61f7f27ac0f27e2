using EventCluster.Core;
using EventCluster.Orleans.Witness;

namespace EventCluster.Orleans.Rebalancing;

/// <summary>
/// Whether a silo can take a stream now. A hand-over does not wait for the target, so a silo that hangs would be given one stream after the
/// other, and each of them would stall until it is voted out. So it is asked before each: it must answer, and reach the store.
/// </summary>
internal sealed class HandOverTargets(
    StoreWitnessClient peers, LocalStreamDirectory directory, ILocalSiloDetails silo, TimeProvider time)
{
    /// <summary>Several times what a silo that is busy takes; one that takes longer gets nothing for now.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(500);

    /// <summary>Whether a silo can take a stream now.</summary>
    public Task<bool> CanTakeAsync(SiloAddress target, CancellationToken cancellationToken) =>
        IsYesAsync(() => peers.AskAsync(target, silo.SiloAddress, directory.IsCutOff), time, cancellationToken);

    /// <summary>Those of some silos that can take streams now; all of them when none can, because the streams cannot stay.</summary>
    public async Task<SiloAddress[]> AmongAsync(SiloAddress[] silos, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(silos.Select(target => CanTakeAsync(target, cancellationToken)));
        return Array.Exists(answers, static can => can) ? [.. silos.Where((_, i) => answers[i])] : silos;
    }

    /// <summary>Whether a question is answered with yes in time.</summary>
    internal static async Task<bool> IsYesAsync(Func<Task<bool>> ask, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await ask().WaitAsync(Limit, time, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // A silo that is on its way out takes nothing either.
            return false;
        }
    }
}
