using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Blocks;
using EventCluster.Core.Decisions;
using EventCluster.Core.State;

namespace EventCluster.Core.Commands;

/// <summary>A create; for a fork, first without its basis to compare with what is there, then with it.</summary>
/// <param name="request">What was asked for.</param>
/// <param name="basis">What a fork starts from.</param>
/// <param name="payloadBytes">Payload bytes that the create adds.</param>
/// <param name="basisFence">
/// The fence under which the name was free when the source was asked. Who finds no fork for a hold raises the fence before
/// the hold is dropped, so a create under another fence may have no hold (CORRECTNESS rule 30). Null checks nothing.
/// </param>
internal sealed class CreateCommand(CreateRequest request, ForkBasis? basis, long payloadBytes, long? basisFence = null)
    : StreamCommand<CreateResult>
{
    private long _incarnation = basis?.Origin.Incarnation ?? 0;
    private CreateDecision? _decided;

    /// <inheritdoc />
    public override int EventCount => request.Events.Count + 1;

    /// <inheritdoc />
    public override long PayloadBytes => payloadBytes;

    /// <inheritdoc />
    public override bool NeedsRoom => true;

    /// <inheritdoc />
    public override bool NeedsPreparation(StreamLog log) =>
        !log.IsStored && _incarnation == 0 && request.Fork is null;

    /// <inheritdoc />
    public override async ValueTask PrepareAsync(StreamLog log, BlockReader reader) =>
        _incarnation = await reader.Incarnations.DrawAsync(CancellationToken.None);

    /// <inheritdoc />
    public override void Decide(StreamLog log, long now)
    {
        _decided = log.CompareExisting(request);
        if (_decided is not null)
        {
            return;
        }

        if (log.IsStateFull)
        {
            _decided = CreateDecision.Refused(new CreateOutcome.Unavailable(
                UnavailableReason.StateFull,
                "The memory for streams is used up, so no stream can be created; delete some, or raise the memory budget."));
            return;
        }

        if (request.Fork is not null && basis is null)
        {
            _decided = CreateDecision.NeedsSource;
            return;
        }

        if (basisFence is { } fence && fence != log.Fence)
        {
            _decided = CreateDecision.LostBasis;
            return;
        }

        log.Create(request, basis, _incarnation, now);
        _decided = CreateDecision.Created;
    }

    /// <inheritdoc />
    public override void RefuseByStore(CommitStatus status)
    {
        if (status == CommitStatus.TooManyStreams)
        {
            Finish(CreateResult.Of(new CreateOutcome.StreamLimit()));
            return;
        }

        base.RefuseByStore(status);
    }

    /// <inheritdoc />
    protected override CreateResult Complete(StreamView view) => _decided!.Kind switch
    {
        CreateDecisionKind.Created => CreateResult.Of(new CreateOutcome.Created(view.Descriptor)),
        CreateDecisionKind.Exists => CreateResult.Of(new CreateOutcome.Exists(view.Descriptor)),
        CreateDecisionKind.NeedsSource => CreateResult.NeedsSource(view.Fence),
        CreateDecisionKind.NotSettled => CreateResult.NotSettled,
        CreateDecisionKind.LostBasis => CreateResult.LostBasis,
        _ => CreateResult.Of(_decided.Refusal!),
    };

    /// <inheritdoc />
    protected override CreateResult Unavailable(UnavailableReason reason, string detail) =>
        CreateResult.Of(new CreateOutcome.Unavailable(reason, detail));
}
