using EventCluster.Abstractions.Streams;
using EventCluster.Core.Blocks;
using EventCluster.Core.Decisions;
using EventCluster.Core.State;

namespace EventCluster.Core.Commands;

/// <summary>A change of retention, applied in the same commit as far as the oldest blocks read for it reach.</summary>
/// <param name="changes">The limits to change.</param>
/// <param name="incarnation">The incarnation of the stream that is meant; null for the one that exists now.</param>
internal sealed class ConfigureCommand(RetentionLimits changes, long? incarnation = null) : StreamCommand<ConfigureOutcome>
{
    private const int BlocksAtOnce = 65_536;
    private ConfigureOutcome? _refusal;

    /// <inheritdoc />
    public override bool NeedsPreparation(StreamLog log) => log.IsLive;

    /// <inheritdoc />
    public override async ValueTask PrepareAsync(StreamLog log, BlockReader reader) =>
        log.OfferWindow(await reader.ListOldestAsync(log.View(), BlocksAtOnce));

    /// <inheritdoc />
    public override void Decide(StreamLog log, long now) => _refusal =
        log.IsOtherIncarnation(incarnation) ? new ConfigureOutcome.NotFound() : log.Configure(changes);

    /// <inheritdoc />
    protected override ConfigureOutcome Complete(StreamView view) =>
        _refusal ?? new ConfigureOutcome.Configured(view.Descriptor);

    /// <inheritdoc />
    protected override ConfigureOutcome Unavailable(UnavailableReason reason, string detail) =>
        new ConfigureOutcome.Unavailable(reason, detail);
}
