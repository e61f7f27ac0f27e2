using EventCluster.Abstractions.Streams;
using EventCluster.Core.Commands;
using EventCluster.Core.Forks;
using EventCluster.Core.Owners;
using EventCluster.Core.Reading;
using EventCluster.Core.Running;
using EventCluster.Protocol;

namespace EventCluster.Core;

/// <summary>The owners of this node: what other owners ask of its streams.</summary>
internal sealed class LocalStreamOwners : IStreamOwners
{
    private readonly StreamRegistry _streams;
    private readonly ReadPath _reads;

    /// <summary>Owners over the streams of this node.</summary>
    /// <param name="streams">The streams.</param>
    /// <param name="reads">How they are read.</param>
    /// <param name="context">What their runners share.</param>
    /// <param name="owners">How the owners of other streams are reached; null when all of them are here.</param>
    public LocalStreamOwners(StreamRegistry streams, ReadPath reads, RunnerContext context, IStreamOwners? owners)
    {
        (_streams, _reads) = (streams, reads);
        Forks = new ForkFlow(streams, context, owners ?? this);
    }

    /// <summary>The forks of these streams.</summary>
    public ForkFlow Forks { get; }

    /// <inheritdoc />
    public bool SweepsHere => true;

    /// <inheritdoc />
    public async ValueTask<ForkHoldAnswer> HoldAsync(StreamName source, ForkHoldRequest request) =>
        ForkHoldAnswer.Of(await _streams.Submit(
            source, new HoldCommand(request.Spec, request.Fork, request.ContentType, request.Incarnation)));

    /// <inheritdoc />
    public async ValueTask<bool> SettleHoldAsync(StreamName source, StreamName fork, long incarnation, bool confirm)
    {
        if (confirm)
        {
            return await ConfirmHoldAsync(source, fork, incarnation) == true;
        }

        var settled = await _streams.Submit(source, new StepCommand(log => log.DropHold(fork, incarnation)));
        if (settled.View is { IsStored: true })
        {
            await Forks.SettleAsync(source);
        }

        return settled.View is not null;
    }

    /// <inheritdoc />
    public async ValueTask<bool?> ConfirmHoldAsync(StreamName source, StreamName fork, long incarnation)
    {
        var isThere = false;
        var settled = await _streams.Submit(source, new StepCommand(log =>
        {
            log.ConfirmHold(fork, incarnation);
            isThere = log.HasHold(fork, incarnation);
        }));
        return settled.View is null ? null : isThere;
    }

    /// <inheritdoc />
    public ValueTask<bool?> IsHoldingAsync(StreamName fork, long incarnation) =>
        Forks.IsHoldingAsync(fork, incarnation);

    /// <inheritdoc />
    public ValueTask<ReadOutcome> ReadAsync(StreamName source, ReadRequest request) =>
        _reads.ReadAsync(source, request, CancellationToken.None);

    /// <inheritdoc />
    public ValueTask VisitAsync(StreamName name) => Forks.VisitDueAsync(name);
}
