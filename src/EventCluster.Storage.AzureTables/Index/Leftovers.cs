using System.Threading.Channels;
using Azure;
using EventCluster.Abstractions;
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

    private readonly BackgroundLoop _loop = new("removal of unneeded index entries");

    public Leftovers(EntityTable index)
    {
        _index = index;
        _loop.Start(() => Task.Run(RunAsync));
    }

    /// <summary>Why nothing is removed; null while it is.</summary>
    public string? Fault => _loop.Fault;

    /// <summary>Takes an entry.</summary>
    public void Add(IndexEntry entry) => _waiting.Writer.TryWrite(entry);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _loop.NoteStop();
        await _stop.CancelAsync();
        await _loop.StopAsync();
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
                catch (Exception) when (!_stop.IsCancellationRequested)
                {
                    // It stays, as said above; whatever it was, the next one is tried.
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The end.
        }
    }
}
