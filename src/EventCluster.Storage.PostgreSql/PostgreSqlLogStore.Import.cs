using System.Runtime.ExceptionServices;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.PostgreSql.Import;

namespace EventCluster.Storage.PostgreSql;

/// <content>The receiving end of a copy from another store.</content>
public sealed partial class PostgreSqlLogStore
{
    /// <summary>
    /// Which streams of another store cannot be copied, and why. From then on this store draws no number for a history
    /// that a stream of the other one has.
    /// </summary>
    /// <param name="heads">All streams of the other store, as it lists them.</param>
    /// <param name="invalid">Those of them that hold an event which may not be stored.</param>
    /// <param name="cancellationToken">Breaks off.</param>
    /// <exception cref="StoreUnreachableException">The database does not answer.</exception>
    public Task<IReadOnlyDictionary<StreamName, ImportRefusal>> CheckImportAsync(
        IReadOnlyList<StoredHead> heads, IReadOnlySet<StreamName> invalid, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _guard.AskAsync(() =>
            new ImportCheck(_sources.Queries, _statements, new ImportStatements(_options.Schema), heads, invalid).RunAsync(cancellationToken));
    }

    /// <summary>
    /// Copies a stream of another store under its name, its numbers and its histories, with a new history at its tail, so
    /// that offsets up to there stay valid. All or nothing for readers; a run that broke off goes on where it was.
    /// </summary>
    /// <param name="source">A store whose streams nobody owns meanwhile.</param>
    /// <param name="head">The stream as the source lists it.</param>
    /// <param name="progress">Counts what is copied.</param>
    /// <param name="cancellationToken">Breaks off.</param>
    /// <exception cref="StoreUnreachableException">The database does not answer; the same copy may be tried again.</exception>
    public async Task<ImportOutcome> ImportAsync(
        ILogStore source, StoredHead head, ImportProgress progress, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var importer = new StreamImporter(_sources.Queries, _options.Schema, source, progress);
        try
        {
            return await _guard.AskAsync(() => importer.ImportAsync(head, cancellationToken));
        }
        catch (SourceFailedException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerException!);
            throw;
        }
    }
}
