using EventCluster.Abstractions.Streams;
using EventCluster.Core.Blocks;
using EventCluster.Core.Decisions;
using EventCluster.Core.State;
using EventCluster.Protocol;

namespace EventCluster.Core.Commands;

/// <summary>Moves the head to exactly a position.</summary>
/// <param name="before">The new earliest position.</param>
/// <param name="incarnation">The incarnation of the stream that is meant; null for the one that exists now.</param>
internal sealed class TrimCommand(StreamOffset before, long? incarnation = null) : StreamCommand<TrimOutcome>
{
    private TrimOutcome? _refusal;
    private long _ownBytes;

    /// <inheritdoc />
    public override bool NeedsPreparation(StreamLog log) =>
        log.IsLive && Check(log) is null && before.Sequence > log.Head.Earliest;

    /// <inheritdoc />
    public override async ValueTask PrepareAsync(StreamLog log, BlockReader reader) =>
        _ownBytes = await reader.SumOwnBytesAsync(log.View(), before.Sequence);

    /// <inheritdoc />
    public override void Decide(StreamLog log, long now)
    {
        _refusal = Check(log);
        if (_refusal is null)
        {
            log.Trim(before.Sequence, _ownBytes);
        }
    }

    private TrimOutcome? Check(StreamLog log) =>
        log.IsOtherIncarnation(incarnation) ? new TrimOutcome.NotFound() : log.CheckTrim(before);

    /// <inheritdoc />
    protected override TrimOutcome Complete(StreamView view) => _refusal ?? new TrimOutcome.Trimmed(view.Descriptor);

    /// <inheritdoc />
    protected override TrimOutcome Unavailable(UnavailableReason reason, string detail) =>
        new TrimOutcome.Unavailable(reason, detail);
}
