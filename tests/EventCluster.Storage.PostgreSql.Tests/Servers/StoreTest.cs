using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Servers;

/// <summary>A test with a schema of its own, stores that end with it, and a connection beside them that sees the tables.</summary>
public abstract class StoreTest(SharedServer shared) : IAsyncLifetime
{
    private readonly List<PostgreSqlLogStore> _opened = [];

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected SharedServer Shared { get; } = shared;

    /// <summary>Options of every store of this test.</summary>
    protected PostgreSqlOptions Options { get; set; } = null!;

    /// <summary>Looks at the tables beside all stores.</summary>
    protected NpgsqlDataSource Truth { get; private set; } = null!;

    public virtual ValueTask InitializeAsync()
    {
        Options = Shared.NewStore();
        Truth = NpgsqlDataSource.Create(Options.ConnectionString);
        return ValueTask.CompletedTask;
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var store in _opened)
        {
            await store.DisposeAsync();
        }

        if (Truth is not null)
        {
            await Truth.DisposeAsync();
        }
    }

    /// <summary>Another node's store over the same tables.</summary>
    protected async Task<PostgreSqlLogStore> OpenStoreAsync(string? connectionString = null, TimeProvider? clock = null)
    {
        var store = await PostgreSqlLogStore.OpenAsync(
            connectionString is null ? Options : Shared.NewStore(schema: Options.Schema, connectionString: connectionString),
            clock ?? TimeProvider.System,
            NullLogger<PostgreSqlLogStore>.Instance,
            Cancellation);
        _opened.Add(store);
        return store;
    }

    /// <summary>A store that is opened as restored; the caller closes it.</summary>
    protected Task<PostgreSqlLogStore> RestoreAsync(string? connectionString = null, string nodeName = "restorer") =>
        PostgreSqlLogStore.OpenAsync(
            Shared.NewStore(
                schema: Options.Schema,
                connectionString: connectionString ?? Options.ConnectionString,
                restored: true,
                nodeName: nodeName),
            TimeProvider.System,
            NullLogger<PostgreSqlLogStore>.Instance,
            Cancellation);

    /// <summary>Sessions of this schema that say that nodes live, as <c>l</c> with its <c>pid</c>.</summary>
    protected const string AliveSessions =
        "FROM pg_locks l WHERE l.locktype = 'advisory' AND l.objsubid = 1 "
        + "AND (l.classid::bigint << 32) | l.objid::bigint = hashtextextended('$S.alive', 0)";

    /// <summary>Ends the sessions that say that nodes of this schema live, and waits until they are gone.</summary>
    protected async Task EndAliveSessionsAsync()
    {
        await DoAsync($"SELECT pg_terminate_backend(l.pid) {AliveSessions}");
        await CountBecomesAsync("sessions that say that nodes live", 0, $"SELECT count(*) {AliveSessions}");
    }

    /// <summary>Opens and creates a stream; one block per argument, events split by spaces.</summary>
    protected static async Task<LogStoreOwner> CreateAsync(ILogStore store, string name, params string[] blocks)
    {
        var owner = await LogStoreOwner.OpenAsync(store, name, Cancellation);
        await owner.CommitAsync(owner.Next());
        foreach (var block in blocks)
        {
            await owner.AppendAsync(block.Split(' '));
        }

        return owner;
    }

    /// <summary>All events of a stream's first history.</summary>
    protected static async Task<string> TextAsync(ILogStore store, string name) => string.Join(
        ' ',
        (await store.ReadAsync(new BlockRange(TestData.Name(name), 1, 0, long.MaxValue), 1 << 24, Cancellation))
            .SelectMany(TestData.Texts));

    /// <summary>Runs a statement beside all stores; <c>$S</c> stands for the schema.</summary>
    protected async Task<T> AskAsync<T>(string sql)
    {
        await using var command = Truth.CreateCommand(sql.Replace("$S", Options.Schema, StringComparison.Ordinal));
        return (T)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    /// <summary>Runs a statement beside all stores.</summary>
    protected async Task DoAsync(string sql)
    {
        await using var command = Truth.CreateCommand(sql.Replace("$S", Options.Schema, StringComparison.Ordinal));
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    /// <summary>Waits until a count has a value.</summary>
    protected async Task CountBecomesAsync(string phase, long expected, string sql)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (await AskAsync<long>(sql) is var seen && seen != expected)
        {
            if (TimeProvider.System.GetElapsedTime(start) > Phase.HangGuard)
            {
                throw new TimeoutException($"Phase '{phase}': expected {expected}, seen {seen} after {Phase.HangGuard}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancellation);
        }
    }
}
