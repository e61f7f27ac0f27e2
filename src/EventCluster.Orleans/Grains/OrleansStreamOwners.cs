using EventCluster.Abstractions.Streams;
using EventCluster.Core.Owners;
using EventCluster.Orleans.Placement;
using EventCluster.Orleans.Wire;
using EventCluster.Protocol;
using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Grains;

/// <summary>
/// Other streams' owners, wherever they are. A call that fails is answered as "not now": every step is found again in
/// the streams' state and settled by a later visit.
/// </summary>
internal sealed partial class OrleansStreamOwners(
    IGrainFactory grains, SiloRoleMap roles, ILocalSiloDetails silo, ILogger<OrleansStreamOwners> logger) : IStreamOwners
{
    /// <inheritdoc />
    /// <remarks>
    /// The first of the active backlog silos sweeps for all. While membership changes two may do so for a moment: visits
    /// go through the stream's owner, so a due stream still has one.
    /// </remarks>
    public bool SweepsHere => roles.ActiveBacklogSilos.FirstOrDefault() is { } first && first.Equals(silo.SiloAddress);

    /// <inheritdoc />
    public async ValueTask<ForkHoldAnswer> HoldAsync(StreamName source, ForkHoldRequest request)
    {
        try
        {
            return (await At(source).HoldAsync(new Wire<ForkHoldRequest>(request))).Value;
        }
        catch (Exception e) when (IsTransient(e))
        {
            LogStepFailed(logger, source.Value, e);
            return ForkHoldAnswer.Refused(new CreateOutcome.Unavailable(
                UnavailableReason.Moved, "The owner of the fork's source did not answer; try again."));
        }
    }

    /// <inheritdoc />
    public async ValueTask<bool> SettleHoldAsync(StreamName source, StreamName fork, long incarnation, bool confirm)
    {
        try
        {
            return await At(source).SettleHoldAsync(fork.Value, incarnation, confirm);
        }
        catch (Exception e) when (IsTransient(e))
        {
            LogStepFailed(logger, source.Value, e);
            return false;
        }
    }

    /// <inheritdoc />
    public async ValueTask<bool?> ConfirmHoldAsync(StreamName source, StreamName fork, long incarnation)
    {
        try
        {
            return await At(source).SettleHoldAsync(fork.Value, incarnation, confirm: true);
        }
        catch (Exception e) when (IsTransient(e))
        {
            LogStepFailed(logger, source.Value, e);
            return null;
        }
    }

    /// <inheritdoc />
    public async ValueTask<bool?> IsHoldingAsync(StreamName fork, long incarnation)
    {
        try
        {
            return await At(fork).IsHoldingAsync(incarnation);
        }
        catch (Exception e) when (IsTransient(e))
        {
            LogStepFailed(logger, fork.Value, e);
            return null;
        }
    }

    /// <inheritdoc />
    public async ValueTask<ReadOutcome> ReadAsync(StreamName source, ReadRequest request)
    {
        try
        {
            return (await At(source).ReadAsync(new Wire<ReadRequest>(request), CancellationToken.None)).Value.Outcome;
        }
        catch (Exception e) when (IsTransient(e))
        {
            LogStepFailed(logger, source.Value, e);
            return new ReadOutcome.Unavailable(UnavailableReason.Moved, "The stream's owner did not answer.");
        }
    }

    /// <inheritdoc />
    public async ValueTask VisitAsync(StreamName name)
    {
        try
        {
            await At(name).VisitAsync();
        }
        catch (Exception e) when (IsTransient(e))
        {
            LogStepFailed(logger, name.Value, e);
        }
    }

    private static bool IsTransient(Exception exception) =>
        exception is not (ArgumentException or Abstractions.Store.LogDamagedException);

    private IStreamGrain At(StreamName name) => grains.GetGrain<IStreamGrain>(name.Value);
}
