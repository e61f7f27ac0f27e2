using Azure.Data.Tables;
using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.Storage.AzureTables.Keys;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Storage.AzureTables.Tests.Servers;

/// <summary>A test with tables of its own, stores that end with it, and clients beside them that see the rows.</summary>
public abstract class StoreTest(SharedServer shared) : IAsyncLifetime
{
    private readonly List<AzureTablesLogStore> _opened = [];

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected SharedServer Shared { get; } = shared;

    /// <summary>Options of every store of this test.</summary>
    protected AzureTablesOptions Options { get; set; } = null!;

    /// <summary>The streams' table beside all stores.</summary>
    protected TableClient Streams => new(Options.ConnectionString, Options.Table);

    /// <summary>The index table beside all stores.</summary>
    protected TableClient Index => new(Options.ConnectionString, Options.Table + "index");

    public virtual ValueTask InitializeAsync()
    {
        Options = Shared.NewStore();
        return ValueTask.CompletedTask;
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var store in _opened)
        {
            await store.DisposeAsync();
        }
    }

    /// <summary>Another node's store over the same tables.</summary>
    protected async Task<AzureTablesLogStore> OpenStoreAsync(AzureTablesOptions? options = null)
    {
        var store = await AzureTablesLogStore.OpenAsync(
            options ?? Options, TimeProvider.System, NullLogger<AzureTablesLogStore>.Instance, Cancellation);
        _opened.Add(store);
        return store;
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

    /// <summary>The rows of a stream's partition, beside all stores.</summary>
    protected async Task<List<string>> RowsAsync(string name) =>
        (await QueryAsync(Streams, $"PartitionKey eq '{NameKey.Encode(name)}'")).ConvertAll(row => row.RowKey);

    /// <summary>The head entity, beside all stores.</summary>
    protected async Task<TableEntity?> HeadAsync(string name)
    {
        var found = await Streams.GetEntityIfExistsAsync<TableEntity>(NameKey.Encode(name), RowKeys.Head, cancellationToken: Cancellation);
        return found.HasValue ? found.Value : null;
    }

    /// <summary>Rows beside all stores.</summary>
    protected static async Task<List<TableEntity>> QueryAsync(TableClient table, string filter)
    {
        List<TableEntity> rows = [];
        await foreach (var row in table.QueryAsync<TableEntity>(filter, cancellationToken: Cancellation))
        {
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>Waits until a question has an answer.</summary>
    protected static Task UntilAsync(string phase, Func<Task<bool>> reached) => Phase.UntilAsync(phase, reached, () => { }, Cancellation);
}
