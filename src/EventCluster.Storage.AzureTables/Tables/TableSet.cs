using Azure.Core.Pipeline;
using Azure.Data.Tables;

namespace EventCluster.Storage.AzureTables.Tables;

/// <summary>
/// The two tables. Commits have connections of their own, so that many slow readers never keep one waiting, and are never
/// sent twice by the client: the second copy of one that landed would look like a conflict.
/// </summary>
internal sealed class TableSet : IDisposable
{
    /// <summary>One, for a connection that ended while it was idle; callers repeat the rest, and know for how long.</summary>
    private const int QueryRetries = 1;

    private const string IndexSuffix = "index";
    private const string MembersSuffix = "members";

    private static readonly TimeSpan _firstRetry = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _longestRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _connectionLifetime = TimeSpan.FromMinutes(5);

    private readonly HttpClientTransport _commitTransport;
    private readonly HttpClientTransport _queryTransport;
    private readonly SemaphoreSlim _commits;
    private readonly SemaphoreSlim _queries;

    private TableSet(AzureTablesOptions options, StoreCondition condition)
    {
        _commitTransport = NewTransport(options);
        _queryTransport = NewTransport(options);
        _commits = new SemaphoreSlim(options.MaxRequests);
        _queries = new SemaphoreSlim(options.MaxRequests);
        Commits = new EntityTable(NewClient(options, options.Table, _commitTransport, retries: 0), _commits, condition);
        var streams = NewClient(options, options.Table, _queryTransport, QueryRetries);
        Medium = $"storage account {streams.AccountName}, table {options.Table}";
        Streams = new EntityTable(streams, _queries, condition);
        Members = new EntityTable(NewClient(options, options.Table + MembersSuffix, _queryTransport, QueryRetries), _queries, condition);
        Index = new EntityTable(NewClient(options, options.Table + IndexSuffix, _queryTransport, QueryRetries), _queries, condition);
    }

    /// <summary>The streams, for commits only.</summary>
    public EntityTable Commits { get; }

    /// <summary>The streams, for what may be asked twice.</summary>
    public EntityTable Streams { get; }

    /// <summary>The catalogue of names, what is due, what is to be swept.</summary>
    public EntityTable Index { get; }

    /// <summary>Orleans' table of the silos; not there before the first silo was.</summary>
    public EntityTable Members { get; }

    /// <summary>Where the data are: names of accounts are drawn once in the world.</summary>
    public string Medium { get; }

    /// <summary>Makes the clients; nothing is connected yet.</summary>
    /// <exception cref="AzureTablesUnusableException">The connection string cannot be understood.</exception>
    public static TableSet Create(AzureTablesOptions options, StoreCondition condition)
    {
        try
        {
            return new TableSet(options, condition);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or ArgumentException)
        {
            throw new AzureTablesUnusableException($"The connection string of the storage account cannot be used: {Outage.Describe(e)}", e);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _commitTransport.Dispose();
        _queryTransport.Dispose();
        _commits.Dispose();
        _queries.Dispose();
    }

    private static TableClient NewClient(AzureTablesOptions options, string table, HttpPipelineTransport transport, int retries)
    {
        var client = new TableClientOptions { Transport = transport };
        client.Retry.MaxRetries = retries;
        client.Retry.Delay = _firstRetry;
        client.Retry.MaxDelay = _longestRetry;
        client.Retry.NetworkTimeout = options.RequestTimeout;
        client.Diagnostics.IsTelemetryEnabled = false;
        return new TableClient(options.ConnectionString, table, client);
    }

    private static HttpClientTransport NewTransport(AzureTablesOptions options) => new(new HttpClient(
        new SocketsHttpHandler
        {
            MaxConnectionsPerServer = options.MaxRequests,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = _connectionLifetime,
            UseCookies = false,
            AllowAutoRedirect = false,
        })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    });
}
