using EventCluster.Abstractions.Streams;
using EventCluster.Core.Decisions;
using EventCluster.Core.State;

namespace EventCluster.Core.Commands;

/// <summary>An append, a close, or both.</summary>
internal sealed class AppendCommand(AppendRequest request, long payloadBytes) : StreamCommand<AppendOutcome>
{
    private AppendOutcome? _decided;

    /// <inheritdoc />
    public override int EventCount => request.Events.Count;

    /// <inheritdoc />
    public override long PayloadBytes => payloadBytes;

    /// <inheritdoc />
    public override bool NeedsRoom => true;

    /// <inheritdoc />
    public override void Decide(StreamLog log, long now) => _decided = log.Append(request, now);

    /// <inheritdoc />
    protected override AppendOutcome Complete(StreamView view) => _decided!;

    /// <inheritdoc />
    protected override AppendOutcome Unavailable(UnavailableReason reason, string detail) =>
        new AppendOutcome.Unavailable(reason, detail);
}
