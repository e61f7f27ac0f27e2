using System.Threading.Channels;
using Azure;
using EventCluster.Abstractions.Store;
using EventCluster.Storage.AzureTables.Tables;

namespace EventCluster.Storage.AzureTables.Index;

/// <summary>
/// Entries that nothing needs any more, deleted in the background. Losing one is harmless: who meets it later sees that it
/// is dead.
/// </summary>
internal sealed class Leftovers : IAsyncDisposable
{
    private const int MaxWaiting = 10_000;

    private readonly EntityTable _index;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<IndexEntry> _waiting = Channel.CreateBounded<IndexEntry>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly Task _loop;

    public Leftovers(EntityTable index)
    {
        _index = index;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Takes an entry.</summary>
    public void Add(IndexEntry entry) => _waiting.Writer.TryWrite(entry);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await foreach (var entry in _waiting.Reader.ReadAllAsync(_stop.Token))
            {
                try
                {
                    await _index.TryDeleteAsync(entry.Partition, entry.Row, ETag.All, _stop.Token);
                }
                catch (Exception e) when (e is StoreUnreachableException or RequestFailedException)
                {
                    // It stays, as said above.
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The end.
        }
    }
}
