using EventCluster.Abstractions.Streams;
using EventCluster.Core.Decisions;
using EventCluster.Core.State;

namespace EventCluster.Core.Commands;

/// <summary>A delete.</summary>
/// <param name="incarnation">The incarnation of the stream that is meant; null for the one that exists now.</param>
internal sealed class DeleteCommand(long? incarnation = null) : StreamCommand<DeleteOutcome>
{
    private DeleteOutcome? _decided;

    /// <inheritdoc />
    /// <remarks>Answers before it describe the stream, so they are released before it is gone.</remarks>
    public override bool NeedsPreparation(StreamLog log) => log.IsLive && !log.IsOtherIncarnation(incarnation);

    /// <inheritdoc />
    public override void Decide(StreamLog log, long now) => _decided =
        log.IsOtherIncarnation(incarnation) ? new DeleteOutcome.NotFound() : log.Delete();

    /// <inheritdoc />
    protected override DeleteOutcome Complete(StreamView view) => _decided!;

    /// <inheritdoc />
    protected override DeleteOutcome Unavailable(UnavailableReason reason, string detail) =>
        new DeleteOutcome.Unavailable(reason, detail);
}
