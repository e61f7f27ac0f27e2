using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;

namespace EventCluster.Simulation.Media;

/// <summary>One node's connection to a store that outlives it: after <see cref="Kill"/> nothing of that node arrives any more.</summary>
internal sealed class MortalLogStore(ILogStore inner) : ILogStore
{
    private bool _isDead;

    public Durability Durability => inner.Durability;

    public int MaxCommitBytes => inner.MaxCommitBytes;

    public int MaxCommitProducers => inner.MaxCommitProducers;

    public StoreHealth Health => inner.Health;

    public void Kill() => _isDead = true;

    public ValueTask<OpenedStream> OpenAsync(StreamName name, CancellationToken cancellationToken) =>
        Alive().OpenAsync(name, cancellationToken);

    public ValueTask<CommitStatus> CommitAsync(StreamCommit commit, CancellationToken cancellationToken) =>
        Alive().CommitAsync(commit, cancellationToken);

    public ValueTask<StoredHead?> GetHeadAsync(StreamName name, CancellationToken cancellationToken) =>
        Alive().GetHeadAsync(name, cancellationToken);

    public ValueTask<IReadOnlyList<EventBlock>> ReadAsync(
        BlockRange range, int maxBytes, CancellationToken cancellationToken) =>
        Alive().ReadAsync(range, maxBytes, cancellationToken);

    public ValueTask<IReadOnlyList<BlockInfo>> ListBlocksAsync(
        StreamName name, long from, int limit, CancellationToken cancellationToken) =>
        Alive().ListBlocksAsync(name, from, limit, cancellationToken);

    public ValueTask<long> DrawIncarnationAsync(CancellationToken cancellationToken) =>
        Alive().DrawIncarnationAsync(cancellationToken);

    public ValueTask<IReadOnlyList<StoredHead>> ListAsync(
        string prefix, StreamName? after, int limit, CancellationToken cancellationToken) =>
        Alive().ListAsync(prefix, after, limit, cancellationToken);

    public ValueTask<IReadOnlyList<StreamName>> ListDueAsync(
        long nowMilliseconds, int limit, CancellationToken cancellationToken) =>
        Alive().ListDueAsync(nowMilliseconds, limit, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ILogStore Alive() => _isDead ? throw new IOException("The node is dead.") : inner;
}
