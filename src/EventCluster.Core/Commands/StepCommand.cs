using EventCluster.Abstractions.Streams;
using EventCluster.Core.Decisions;
using EventCluster.Core.State;

namespace EventCluster.Core.Commands;

/// <summary>
/// A step of the directory's own: nothing (a visit, which opens the stream and lets policy commit what is due), or one of
/// the idempotent steps that settle forks.
/// </summary>
internal sealed class StepCommand(Action<StreamLog>? step) : StreamCommand<StepOutcome>
{
    /// <inheritdoc />
    public override bool IsBounded => false;

    /// <inheritdoc />
    /// <remarks>A visit only shows the committed instant; whoever answers something final from it confirms that itself.</remarks>
    public override bool NeedsOwnership => step is not null;

    /// <inheritdoc />
    public override void Decide(StreamLog log, long now) => step?.Invoke(log);

    /// <inheritdoc />
    protected override StepOutcome Complete(StreamView view) => new(view, default, null);

    /// <inheritdoc />
    protected override StepOutcome Unavailable(UnavailableReason reason, string detail) => new(null, reason, detail);
}
