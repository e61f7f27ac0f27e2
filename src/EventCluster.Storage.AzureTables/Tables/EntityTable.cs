using Azure;
using Azure.Data.Tables;
using EventCluster.Abstractions.Store;

namespace EventCluster.Storage.AzureTables.Tables;

/// <summary>A table through one client: so many requests at once, expected refusals as values, outages by their name.</summary>
internal sealed class EntityTable(TableClient client, SemaphoreSlim requests, StoreCondition condition)
{
    private const int NotFound = 404;
    private const int Conflict = 409;
    private const int PreconditionFailed = 412;

    // Somebody deleted the table: no refusal that anybody expects.
    private const string TableNotFound = "TableNotFound";

    /// <summary>Makes the table when it is missing.</summary>
    public Task CreateAsync(CancellationToken cancellationToken) =>
        AskAsync(() => client.CreateIfNotExistsAsync(cancellationToken), cancellationToken);

    /// <summary>One entity, or null.</summary>
    public async Task<TableEntity?> FindAsync(
        string partition, string row, IEnumerable<string>? select, CancellationToken cancellationToken)
    {
        var found = await AskAsync(
            () => client.GetEntityIfExistsAsync<TableEntity>(partition, row, select, cancellationToken), cancellationToken);
        if (found.HasValue)
        {
            return found.Value;
        }

        // The client takes a missing table for a missing entity; that would be absence without evidence.
        var raw = found.GetRawResponse();
        return raw.Content is { } body && body.ToString().Contains(TableNotFound, StringComparison.Ordinal)
            ? throw Unreachable(new RequestFailedException(raw))
            : null;
    }

    /// <summary>The first entities that a filter names, in the order of their keys.</summary>
    /// <param name="filter">OData.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="select">Properties wanted; null for all.</param>
    /// <param name="cancellationToken">Abandons it.</param>
    public Task<List<TableEntity>> QueryAsync(
        string filter, int limit, IEnumerable<string>? select, CancellationToken cancellationToken) => AskAsync(
        async () =>
        {
            List<TableEntity> rows = [];
            var size = Math.Clamp(limit, 1, TableLimits.MaxPageEntities);

            // A page may be short, or empty, though more follows.
            await foreach (var page in client.QueryAsync<TableEntity>(filter, size, select, cancellationToken).AsPages(null, size))
            {
                rows.AddRange(page.Values.Take(limit - rows.Count));
                if (rows.Count >= limit)
                {
                    break;
                }
            }

            return rows;
        },
        cancellationToken);

    /// <summary>All entities of a table that may not be there yet.</summary>
    public async Task<List<TableEntity>> QueryAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await QueryAsync("", int.MaxValue, select: null, cancellationToken);
        }
        catch (StoreUnreachableException e) when (e.InnerException is RequestFailedException { ErrorCode: TableNotFound })
        {
            return [];
        }
    }

    /// <summary>Adds an entity.</summary>
    /// <returns>Its ETag, or null when there is one with these keys.</returns>
    public Task<ETag?> TryAddAsync(TableEntity entity, CancellationToken cancellationToken) =>
        ExpectAsync(Conflict, () => client.AddEntityAsync(entity, cancellationToken), cancellationToken);

    /// <summary>Merges into an entity, or replaces it, if it is still the same.</summary>
    /// <returns>Its new ETag, or null when it changed or is gone.</returns>
    public Task<ETag?> TryUpdateAsync(
        TableEntity entity, ETag etag, TableUpdateMode mode, CancellationToken cancellationToken) =>
        ExpectAsync(PreconditionFailed, () => client.UpdateEntityAsync(entity, etag, mode, cancellationToken), cancellationToken);

    /// <summary>Writes an entity whatever was there.</summary>
    public Task UpsertAsync(TableEntity entity, CancellationToken cancellationToken) =>
        AskAsync(() => client.UpsertEntityAsync(entity, TableUpdateMode.Replace, cancellationToken), cancellationToken);

    /// <summary>Deletes an entity; one that changed or is gone is left alone.</summary>
    public Task<ETag?> TryDeleteAsync(string partition, string row, ETag etag, CancellationToken cancellationToken) =>
        ExpectAsync(PreconditionFailed, () => client.DeleteEntityAsync(partition, row, etag, cancellationToken), cancellationToken);

    /// <summary>One entity-group transaction.</summary>
    /// <returns>The ETag of the first entity, or null when a condition failed or an entity to change is gone.</returns>
    public Task<ETag?> TrySubmitAsync(IReadOnlyList<TableTransactionAction> actions, CancellationToken cancellationToken) =>
        ExpectAsync(
            PreconditionFailed,
            async () => (await client.SubmitTransactionAsync(actions, cancellationToken)).Value[0],
            cancellationToken);

    private async Task<ETag?> ExpectAsync(int refusal, Func<Task<Response>> ask, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await AskAsync(ask, cancellationToken, e => IsExpected(e, refusal));

            // A deletion of what is gone is answered, not thrown.
            return answer.Status == NotFound ? null : answer.Headers.ETag ?? default(ETag);
        }
        catch (RequestFailedException e) when (IsExpected(e, refusal))
        {
            return null;
        }
    }

    private StoreUnreachableException Unreachable(Exception exception)
    {
        condition.Suspect();
        return new StoreUnreachableException($"Azure Tables does not answer: {Outage.Describe(exception)}", exception);
    }

    private static bool IsExpected(Exception exception, int refusal) => exception is RequestFailedException answer
        && (answer.Status == refusal || (answer.Status == NotFound && answer.ErrorCode != TableNotFound));

    private async Task<T> AskAsync<T>(
        Func<Task<T>> ask, CancellationToken cancellationToken, Predicate<Exception>? isExpected = null)
    {
        await requests.WaitAsync(cancellationToken);
        try
        {
            return await ask();
        }
        catch (Exception e) when (isExpected?.Invoke(e) != true && Outage.Is(e, cancellationToken))
        {
            throw Unreachable(e);
        }
        finally
        {
            requests.Release();
        }
    }
}
