using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;

namespace EventCluster.TestKit;

/// <summary>A store that passes everything on; decorators override what they change.</summary>
/// <param name="inner">The store behind it.</param>
/// <param name="isOwner">True when the inner store ends with this one.</param>
public abstract class DecoratedLogStore(ILogStore inner, bool isOwner = true) : ILogStore
{
    /// <inheritdoc />
    public Durability Durability => inner.Durability;

    /// <inheritdoc />
    public virtual int MaxCommitBytes => inner.MaxCommitBytes;

    /// <inheritdoc />
    public int MaxCommitProducers => inner.MaxCommitProducers;

    /// <inheritdoc />
    public StoreHealth Health => inner.Health;

    /// <inheritdoc />
    public virtual bool IsShared => inner.IsShared;

    /// <summary>The store for one call; throws when this decorator lets none through.</summary>
    protected virtual ILogStore Inner => inner;

    /// <inheritdoc />
    public virtual ValueTask<OpenedStream> OpenAsync(StreamName name, CancellationToken cancellationToken) =>
        Inner.OpenAsync(name, cancellationToken);

    /// <inheritdoc />
    public virtual ValueTask<CommitStatus> CommitAsync(StreamCommit commit, CancellationToken cancellationToken) =>
        Inner.CommitAsync(commit, cancellationToken);

    /// <inheritdoc />
    public ValueTask<StoredHead?> GetHeadAsync(StreamName name, CancellationToken cancellationToken) =>
        Inner.GetHeadAsync(name, cancellationToken);

    /// <inheritdoc />
    public virtual ValueTask<IReadOnlyList<HeadStamp>> GetStampsAsync(
        IReadOnlyList<StreamName> names, CancellationToken cancellationToken) => Inner.GetStampsAsync(names, cancellationToken);

    /// <inheritdoc />
    public virtual ValueTask<IReadOnlyList<EventBlock>> ReadAsync(
        BlockRange range, int maxBytes, CancellationToken cancellationToken) =>
        Inner.ReadAsync(range, maxBytes, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<BlockInfo>> ListBlocksAsync(
        StreamName name, long from, int limit, CancellationToken cancellationToken) =>
        Inner.ListBlocksAsync(name, from, limit, cancellationToken);

    /// <inheritdoc />
    public ValueTask<long> DrawIncarnationAsync(CancellationToken cancellationToken) =>
        Inner.DrawIncarnationAsync(cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoredHead>> ListAsync(
        string prefix, StreamName? after, int limit, CancellationToken cancellationToken) =>
        Inner.ListAsync(prefix, after, limit, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StreamName>> ListDueAsync(
        long nowMilliseconds, int limit, CancellationToken cancellationToken) =>
        Inner.ListDueAsync(nowMilliseconds, limit, cancellationToken);

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return isOwner ? inner.DisposeAsync() : ValueTask.CompletedTask;
    }
}
