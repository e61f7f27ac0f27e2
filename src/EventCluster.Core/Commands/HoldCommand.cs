using EventCluster.Abstractions.Streams;
using EventCluster.Core.Decisions;
using EventCluster.Core.State;
using EventCluster.Protocol;

namespace EventCluster.Core.Commands;

/// <summary>A fork asks its source for a hold.</summary>
internal sealed class HoldCommand(ForkSpec spec, StreamName fork, StreamContentType? type, long incarnation)
    : StreamCommand<HoldDecision>
{
    private HoldDecision? _decided;

    /// <inheritdoc />
    public override bool NeedsRoom => true;

    /// <inheritdoc />
    public override void Decide(StreamLog log, long now) => _decided = log.Hold(spec, fork, type, incarnation, now);

    /// <inheritdoc />
    protected override HoldDecision Complete(StreamView view) => _decided!;

    /// <inheritdoc />
    protected override HoldDecision Unavailable(UnavailableReason reason, string detail) =>
        HoldDecision.Refused(new CreateOutcome.Unavailable(reason, detail));
}
