using EventCluster.Abstractions.Store;
using EventCluster.Storage.PostgreSql.Schema;
using EventCluster.Storage.PostgreSql.Sessions;
using Npgsql;

namespace EventCluster.Storage.PostgreSql.Identity;

/// <summary>
/// What a start does with the database, on the session that stays: it says first that it is here, so that the identity that it
/// reads afterwards cannot be drawn anew under it.
/// </summary>
internal sealed class StoreStart(PostgreSqlOptions options, IdentityGuard guard, TimeProvider time)
{
    /// <summary>Migrates, decides about the identity, and keeps it in the guard.</summary>
    /// <returns>False while another node restores the database; it is tried again.</returns>
    /// <exception cref="PostgreSqlUnusableException">The database cannot be this store.</exception>
    public async Task<bool> TryRunAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var migrator = new SchemaMigrator(connection, options);
        await migrator.CheckServerAsync(cancellationToken);
        if (!await (options.Restored
            ? TakeAloneAsync(connection, cancellationToken)
            : AliveLock.TryShareAsync(connection, options.Schema, cancellationToken)))
        {
            return false;
        }

        await new EarlierSilos(connection, options, time).RefuseAsync(cancellationToken);
        await migrator.RunAsync(cancellationToken);
        await DecideAsync(connection, cancellationToken);
        guard.Expect((await IdentityRow.ReadAsync(connection, options.Schema, cancellationToken))!);
        return true;
    }

    private async Task<bool> TakeAloneAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (await AliveLock.TryTakeAsync(connection, options.Schema, cancellationToken))
        {
            return true;
        }

        var running = await AliveLock.ListAsync(connection, options.Schema, cancellationToken);
        return running.Count == 0
            ? false
            : throw new PostgreSqlUnusableException(IdentityDecision.DescribeRunning(guard.Where, running));
    }

    private async Task DecideAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var medium = await IdentityRow.ReadMediumAsync(connection, cancellationToken);
        var recorded = await IdentityRow.ReadAsync(connection, options.Schema, cancellationToken);
        switch (IdentityDecision.Decide(recorded, medium, options.Restored, running: []))
        {
            case IdentityVerdict.Draw:
                await IdentityRow.DrawAsync(connection, options.Schema, medium, cancellationToken);
                break;
            case IdentityVerdict.Renew:
                await RestoredHistories.OpenAsync(connection, options.Schema, medium, cancellationToken);
                await AliveLock.BeginToShareAsync(connection, options.Schema, cancellationToken);
                break;
            case IdentityVerdict.RefuseCopy:
                throw new PostgreSqlUnusableException(IdentityDecision.DescribeCopy(guard.Where, recorded!, medium));
        }
    }
}
