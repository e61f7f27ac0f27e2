using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;

namespace EventCluster.Storage.AzureTables.Identity;

/// <summary>
/// For as long as this node lives: moves its <see cref="AliveStamps"/>, and looks again and again whether the data are still those
/// that the node serves, and whether the service still has what it acknowledged.
/// </summary>
internal sealed class AliveWatch(
    AliveStamps stamps, IdentityEntity entity, IdentityGuard guard, AzureTablesOptions options, TimeProvider time) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly BackgroundLoop _watching = new("watch over the tables' identity");

    /// <summary>Why it does not watch; null while it does, and when it has seen what it watches for.</summary>
    public string? Fault => guard.Fault is null ? _watching.Fault : null;

    /// <summary>Watches until disposed.</summary>
    public void Start() => _watching.Start(() => Task.Run(WatchAsync, CancellationToken.None));

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _watching.NoteStop();
        await _stop.CancelAsync();
        await _watching.StopAsync();
        _stop.Dispose();
        try
        {
            using var limit = new CancellationTokenSource(options.AliveInterval, time);
            await stamps.RemoveAsync(limit.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or Azure.RequestFailedException)
        {
            // A stamp that stays moves no more, and is swept a day later.
        }
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(options.AliveInterval, time);
        try
        {
            await TryAsync(stamps.SweepAsync);
            while (guard.Fault is null && await timer.WaitForNextTickAsync(_stop.Token))
            {
                await TryAsync(LookAsync);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        if (!await stamps.TryMoveAsync(cancellationToken))
        {
            // For all nodes, those that are started again included, until an operator has seen to it.
            await entity.NoteLossAsync(cancellationToken);
        }

        var found = await entity.ReadAsync(cancellationToken);
        if (found is { HasLost: true })
        {
            guard.Fail(IdentityDecision.DescribeLoss(guard.Where));
        }

        guard.Check(found?.Identity.Id, found?.Identity.Medium);
    }

    private async Task TryAsync(Func<CancellationToken, Task> act)
    {
        try
        {
            await act(_stop.Token);
        }
        catch (Exception) when (!_stop.IsCancellationRequested)
        {
            // A service that is away is reported by those who need it.
        }
    }
}
