using EventCluster.Abstractions.Store;
using EventCluster.Storage.AzureTables.Identity;

namespace EventCluster.Storage.AzureTables;

/// <content>Whose the data are.</content>
public sealed partial class AzureTablesLogStore : IStoreIdentity
{
    /// <inheritdoc />
    public StoreIdentity Identity => _guard.Expected!;

    /// <inheritdoc />
    public async ValueTask WriteProofAsync(Guid value, CancellationToken cancellationToken) =>
        await _proofs.WriteAsync(value, cancellationToken);

    /// <inheritdoc />
    public async ValueTask<bool> HasProofAsync(Guid value, CancellationToken cancellationToken) =>
        await _proofs.HasAsync(value, cancellationToken);

    /// <inheritdoc />
    public async ValueTask RemoveProofAsync(Guid value, CancellationToken cancellationToken) =>
        await _proofs.RemoveAsync(value, cancellationToken);

    /// <summary>
    /// Decides whether this node may serve the data. Its stamp moves before the identity is read, so that a restore that begins
    /// now sees it; one that is seen too late draws another identity, which the watch notices.
    /// </summary>
    private async Task DecideAsync(CancellationToken cancellationToken)
    {
        var entity = new IdentityEntity(_tables);
        var running = _options.Restored ? await _stamps.WatchAsync(cancellationToken) : [];
        await _stamps.TryMoveAsync(cancellationToken);
        var recorded = await entity.ReadAsync(cancellationToken);
        switch (IdentityDecision.Decide(recorded?.Identity, _tables.Medium, _options.Restored, running))
        {
            case IdentityVerdict.Draw:
                await entity.DrawAsync(cancellationToken);
                break;
            case IdentityVerdict.Renew:
                await entity.BeginToRestoreAsync(recorded?.Identity, cancellationToken);
                await new RestoredHistories(this, _tables, _incarnations).OpenAsync(cancellationToken);
                await entity.RenewAsync(cancellationToken);
                break;
            case IdentityVerdict.RefuseRunning:
                throw new AzureTablesUnusableException(IdentityDecision.DescribeRunning(_guard.Where, running));
            case IdentityVerdict.RefuseCopy:
                throw new AzureTablesUnusableException(IdentityDecision.DescribeCopy(_guard.Where, recorded!.Value.Identity, _tables.Medium));
            default:
                if (recorded!.Value.IsRestoring)
                {
                    throw new AzureTablesUnusableException(
                        $"A restore of {_guard.Where} was begun and has not ended. Wait for it, or start again with --restored.");
                }

                if (recorded.Value.HasLost)
                {
                    throw new AzureTablesUnusableException(IdentityDecision.DescribeLoss(_guard.Where));
                }

                break;
        }

        _guard.Expect((await entity.ReadAsync(cancellationToken))!.Value.Identity);
        LogIdentity(_logger, Identity.Id, Identity.Medium);
        _alive.Start();
    }
}
