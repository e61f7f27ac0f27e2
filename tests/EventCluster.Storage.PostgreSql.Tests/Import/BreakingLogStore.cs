using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;

namespace EventCluster.Storage.PostgreSql.Tests.Import;

/// <summary>A source that breaks off after some reads.</summary>
public sealed class BreakingLogStore(ILogStore inner, int reads) : ILogStore
{
    private int _left = reads;

    public Durability Durability => inner.Durability;

    public int MaxCommitBytes => inner.MaxCommitBytes;

    public int MaxCommitProducers => inner.MaxCommitProducers;

    public StoreHealth Health => inner.Health;

    public ValueTask<CommitStatus> CommitAsync(StreamCommit commit, CancellationToken cancellationToken) =>
        inner.CommitAsync(commit, cancellationToken);

    public ValueTask<OpenedStream> OpenAsync(StreamName name, CancellationToken cancellationToken) =>
        inner.OpenAsync(name, cancellationToken);

    public ValueTask<StoredHead?> GetHeadAsync(StreamName name, CancellationToken cancellationToken) =>
        inner.GetHeadAsync(name, cancellationToken);

    public ValueTask<IReadOnlyList<EventBlock>> ReadAsync(BlockRange range, int maxBytes, CancellationToken cancellationToken) =>
        _left-- > 0
            ? inner.ReadAsync(range, maxBytes, cancellationToken)
            : throw new IOException("The read failed (planned).");

    public ValueTask<IReadOnlyList<BlockInfo>> ListBlocksAsync(
        StreamName name, long from, int limit, CancellationToken cancellationToken) =>
        inner.ListBlocksAsync(name, from, limit, cancellationToken);

    public ValueTask<long> DrawIncarnationAsync(CancellationToken cancellationToken) =>
        inner.DrawIncarnationAsync(cancellationToken);

    public ValueTask<IReadOnlyList<StoredHead>> ListAsync(
        string prefix, StreamName? after, int limit, CancellationToken cancellationToken) =>
        inner.ListAsync(prefix, after, limit, cancellationToken);

    public ValueTask<IReadOnlyList<StreamName>> ListDueAsync(long nowMilliseconds, int limit, CancellationToken cancellationToken) =>
        inner.ListDueAsync(nowMilliseconds, limit, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
