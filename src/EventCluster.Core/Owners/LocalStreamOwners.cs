using EventCluster.Abstractions.Streams;
using EventCluster.Core.Commands;
using EventCluster.Protocol;

namespace EventCluster.Core.Owners;

/// <summary>The owners of this node: what other owners ask of its streams.</summary>
internal sealed class LocalStreamOwners(LocalStreamDirectory directory) : IStreamOwners
{
    /// <inheritdoc />
    public bool SweepsHere => true;

    /// <inheritdoc />
    public async ValueTask<ForkHoldAnswer> HoldAsync(StreamName source, ForkHoldRequest request) =>
        ForkHoldAnswer.Of(await directory.Submit(
            source, new HoldCommand(request.Spec, request.Fork, request.ContentType, request.Incarnation)));

    /// <inheritdoc />
    public async ValueTask<bool> SettleHoldAsync(StreamName source, StreamName fork, long incarnation, bool confirm)
    {
        if (confirm)
        {
            return await ConfirmHoldAsync(source, fork, incarnation) == true;
        }

        var settled = await directory.Submit(source, new StepCommand(log => log.DropHold(fork, incarnation)));
        if (settled.View is { IsStored: true })
        {
            await directory.Forks.SettleAsync(source);
        }

        return settled.View is not null;
    }

    /// <inheritdoc />
    public async ValueTask<bool?> ConfirmHoldAsync(StreamName source, StreamName fork, long incarnation)
    {
        var isThere = false;
        var settled = await directory.Submit(source, new StepCommand(log =>
        {
            log.ConfirmHold(fork, incarnation);
            isThere = log.HasHold(fork, incarnation);
        }));
        return settled.View is null ? null : isThere;
    }

    /// <inheritdoc />
    public ValueTask<bool?> IsHoldingAsync(StreamName fork, long incarnation) =>
        directory.Forks.IsHoldingAsync(fork, incarnation);

    /// <inheritdoc />
    public ValueTask<ReadOutcome> ReadAsync(StreamName source, ReadRequest request) =>
        directory.Reads.ReadAsync(source, request, CancellationToken.None);

    /// <inheritdoc />
    public ValueTask VisitAsync(StreamName name) => directory.Forks.VisitDueAsync(name);
}
