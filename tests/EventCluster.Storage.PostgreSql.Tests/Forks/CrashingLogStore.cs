using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;

namespace EventCluster.Storage.PostgreSql.Tests.Forks;

/// <summary>A store of one of several nodes that all crash at the same commit: from then on nothing reaches the medium.</summary>
public sealed class CrashingLogStore(ILogStore inner, CrashPlan plan) : ILogStore
{
    public Durability Durability => inner.Durability;

    public int MaxCommitBytes => inner.MaxCommitBytes;

    public int MaxCommitProducers => inner.MaxCommitProducers;

    public StoreHealth Health => inner.Health;

    public async ValueTask<CommitStatus> CommitAsync(StreamCommit commit, CancellationToken cancellationToken)
    {
        plan.Check();
        if (!plan.IsTheLastCommit())
        {
            return await inner.CommitAsync(commit, cancellationToken);
        }

        if (plan.LastLands)
        {
            await inner.CommitAsync(commit, cancellationToken);
        }

        throw new StoreUnreachableException("Crashed (planned).");
    }

    public ValueTask<OpenedStream> OpenAsync(StreamName name, CancellationToken cancellationToken) =>
        Alive().OpenAsync(name, cancellationToken);

    public ValueTask<StoredHead?> GetHeadAsync(StreamName name, CancellationToken cancellationToken) =>
        Alive().GetHeadAsync(name, cancellationToken);

    public ValueTask<IReadOnlyList<EventBlock>> ReadAsync(BlockRange range, int maxBytes, CancellationToken cancellationToken) =>
        Alive().ReadAsync(range, maxBytes, cancellationToken);

    public ValueTask<IReadOnlyList<BlockInfo>> ListBlocksAsync(
        StreamName name, long from, int limit, CancellationToken cancellationToken) =>
        Alive().ListBlocksAsync(name, from, limit, cancellationToken);

    public ValueTask<long> DrawIncarnationAsync(CancellationToken cancellationToken) =>
        Alive().DrawIncarnationAsync(cancellationToken);

    public ValueTask<IReadOnlyList<StoredHead>> ListAsync(
        string prefix, StreamName? after, int limit, CancellationToken cancellationToken) =>
        Alive().ListAsync(prefix, after, limit, cancellationToken);

    public ValueTask<IReadOnlyList<StreamName>> ListDueAsync(long nowMilliseconds, int limit, CancellationToken cancellationToken) =>
        Alive().ListDueAsync(nowMilliseconds, limit, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private ILogStore Alive()
    {
        plan.Check();
        return inner;
    }
}
