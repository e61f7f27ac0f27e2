using EventCluster.Abstractions.Store;

namespace EventCluster.Storage.PostgreSql;

/// <content>What the store knows of itself.</content>
public sealed partial class PostgreSqlLogStore : IStoreIdentity
{
    /// <inheritdoc />
    public StoreIdentity Identity => _identity.Expected!;

    /// <inheritdoc />
    public async ValueTask WriteProofAsync(Guid value, CancellationToken cancellationToken) =>
        await _guard.AskAsync(() => _proofs.WriteAsync(value, cancellationToken));

    /// <inheritdoc />
    public async ValueTask<bool> HasProofAsync(Guid value, CancellationToken cancellationToken) =>
        await _guard.AskAsync(() => _proofs.FindAsync(value, cancellationToken))
        ?? throw new StoreUnreachableException("PostgreSQL answers as a replica, which does not know what was written last.");

    /// <inheritdoc />
    public async ValueTask RemoveProofAsync(Guid value, CancellationToken cancellationToken) =>
        await _guard.AskAsync(() => _proofs.RemoveAsync(value, cancellationToken));
}
