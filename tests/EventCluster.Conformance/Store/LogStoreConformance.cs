using EventCluster.Abstractions.Store;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Conformance.Store;

/// <summary>
/// What every <see cref="ILogStore"/> must do, sentence by sentence of its documentation. A store's test project derives
/// from it and says how to open a store on this test's own empty medium.
/// </summary>
public abstract partial class LogStoreConformance : IAsyncLifetime
{
    private readonly List<ILogStore> _opened = [];

    /// <summary>False for a store whose data ends with the instance; nothing is reopened then.</summary>
    protected virtual bool SurvivesReopen => true;

    /// <summary>Blocks that are more than one page of the medium; fewer where each commit is a slow request.</summary>
    protected virtual int ManyBlocks => 3_000;

    /// <summary>The test's own end.</summary>
    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// Opens the store of this test. Called again after the last instance was disposed, it opens the same data.
    /// </summary>
    /// <param name="maxStreams">The store's limit on streams.</param>
    protected abstract ValueTask<ILogStore> OpenStoreAsync(int maxStreams);

    /// <inheritdoc />
    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc />
    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var store in _opened)
        {
            await store.DisposeAsync();
        }
    }

    /// <summary>A store that ends with the test.</summary>
    protected async Task<ILogStore> OpenAsync(int maxStreams = 10_000)
    {
        var store = await OpenStoreAsync(maxStreams);
        _opened.Add(store);
        return store;
    }

    /// <summary>
    /// Closes the store and opens the same data again. A store that forgets stays open: the test then only checks that
    /// asking twice gives the same answer.
    /// </summary>
    protected async Task<ILogStore> ReopenAsync(ILogStore store)
    {
        if (!SurvivesReopen)
        {
            return store;
        }

        _opened.Remove(store);
        await store.DisposeAsync();
        return await OpenAsync();
    }

    /// <summary>Opens, creates and fills a stream: one block per argument, events split by spaces.</summary>
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

    /// <summary>All events that a range read returns, whole blocks included.</summary>
    protected static string[] Texts(IEnumerable<Protocol.EventBlock> blocks) => [.. blocks.SelectMany(TestData.Texts)];
}
