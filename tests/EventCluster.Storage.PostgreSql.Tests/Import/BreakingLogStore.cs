using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Storage.PostgreSql.Tests.Import;

/// <summary>A source that breaks off after some reads.</summary>
public sealed class BreakingLogStore(ILogStore inner, int reads) : DecoratedLogStore(inner)
{
    private int _left = reads;

    public override ValueTask<IReadOnlyList<EventBlock>> ReadAsync(
        BlockRange range, int maxBytes, CancellationToken cancellationToken) =>
        _left-- > 0
            ? base.ReadAsync(range, maxBytes, cancellationToken)
            : throw new IOException("The read failed (planned).");
}
