using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Tests.Clusters;

/// <summary>One silo's view of a store that all share: a silo that stops closes only its view.</summary>
internal sealed class SharedStore(ILogStore store) : ILogStore
{
    public Durability Durability => store.Durability;

    public int MaxCommitBytes => store.MaxCommitBytes;

    public int MaxCommitProducers => store.MaxCommitProducers;

    public StoreHealth Health => store.Health;

    public ValueTask<OpenedStream> OpenAsync(StreamName name, CancellationToken cancellationToken) =>
        store.OpenAsync(name, cancellationToken);

    public ValueTask<CommitStatus> CommitAsync(StreamCommit commit, CancellationToken cancellationToken) =>
        store.CommitAsync(commit, cancellationToken);

    public ValueTask<StoredHead?> GetHeadAsync(StreamName name, CancellationToken cancellationToken) =>
        store.GetHeadAsync(name, cancellationToken);

    public ValueTask<IReadOnlyList<EventBlock>> ReadAsync(BlockRange range, int maxBytes, CancellationToken cancellationToken) =>
        store.ReadAsync(range, maxBytes, cancellationToken);

    public ValueTask<IReadOnlyList<BlockInfo>> ListBlocksAsync(
        StreamName name, long from, int limit, CancellationToken cancellationToken) =>
        store.ListBlocksAsync(name, from, limit, cancellationToken);

    public ValueTask<long> DrawIncarnationAsync(CancellationToken cancellationToken) =>
        store.DrawIncarnationAsync(cancellationToken);

    public ValueTask<IReadOnlyList<StoredHead>> ListAsync(
        string prefix, StreamName? after, int limit, CancellationToken cancellationToken) =>
        store.ListAsync(prefix, after, limit, cancellationToken);

    public ValueTask<IReadOnlyList<StreamName>> ListDueAsync(
        long nowMilliseconds, int limit, CancellationToken cancellationToken) =>
        store.ListDueAsync(nowMilliseconds, limit, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
