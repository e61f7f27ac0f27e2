using EventCluster.Abstractions.Store;
using EventCluster.Storage.PostgreSql.Sessions;

namespace EventCluster.Storage.PostgreSql.Faults;

/// <summary>
/// The one way to ask the database. Whatever it answers instead of rows is an outage of the store, never an error of the
/// request: nothing is known about the data, and the same call may succeed a moment later.
/// </summary>
internal sealed class StoreGuard(DataSources sources, StoreCondition condition)
{
    /// <summary>Asks something that may be asked twice: after a conflict, or when its connection or session had ended.</summary>
    /// <exception cref="StoreUnreachableException">The database did not give rows.</exception>
    public async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            try
            {
                return await ask();
            }
            catch (Exception e) when (FaultTable.IsOfDatabase(e)
                && FaultTable.Of(e).Fault is DatabaseFault.Connection or DatabaseFault.Session or DatabaseFault.Conflict)
            {
                Note(e);
                return await ask();
            }
        }
        catch (Exception e) when (FaultTable.IsOfDatabase(e))
        {
            Note(e);
            throw Unreachable(e);
        }
    }

    /// <summary>A failure of the database: a probe will find out, and connections that share it are made anew.</summary>
    public void Note(Exception exception)
    {
        condition.Suspect();
        if (FaultTable.Of(exception).DropsConnections)
        {
            sources.Drop();
        }
    }

    /// <summary>What callers get.</summary>
    public static StoreUnreachableException Unreachable(Exception exception) =>
        new($"PostgreSQL does not answer: {StoreCondition.Describe(exception)}", exception);
}
