using EventCluster.Abstractions;
using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Loops;

/// <summary>Something that a silo does again and again while it is part of the cluster; a failure waits for the next time.</summary>
internal abstract partial class SiloLoop(TimeSpan interval, TimeProvider time, ILogger logger)
    : ILifecycleParticipant<ISiloLifecycle>, IBackgroundPart, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private BackgroundLoop? _loop;

    /// <inheritdoc />
    public void Participate(ISiloLifecycle lifecycle)
    {
        ArgumentNullException.ThrowIfNull(lifecycle);
        lifecycle.Subscribe(GetType().Name, ServiceLifecycleStage.Last, StartAsync, StopAsync);
    }

    /// <inheritdoc />
    public string? Fault => _loop?.Fault;

    /// <inheritdoc />
    public void Dispose() => _stopping.Dispose();

    /// <summary>The clock.</summary>
    protected TimeProvider Time => time;

    /// <summary>One turn.</summary>
    protected abstract Task TurnAsync(CancellationToken cancellationToken);

    private Task StartAsync(CancellationToken cancellationToken)
    {
        _loop = new BackgroundLoop($"loop '{GetType().Name}' of the silo");
        _loop.Start(() => Task.Run(RunAsync, CancellationToken.None));
        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        _loop?.NoteStop();
        await _stopping.CancelAsync();
        if (_loop is not null)
        {
            // Another stage may have failed before this one began.
            await _loop.StopAsync().WaitAsync(cancellationToken);
        }
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await TurnAsync(_stopping.Token);
            }
            catch (ObjectDisposedException)
            {
                // The services are gone: the process ends because its start failed, and nobody stopped this before.
                return;
            }
            catch (Exception e) when (!_stopping.IsCancellationRequested)
            {
                LogTurnFailed(logger, GetType().Name, e);
            }
            catch (Exception)
            {
                return;
            }

            if (!await PauseAsync())
            {
                return;
            }
        }
    }

    private async Task<bool> PauseAsync()
    {
        try
        {
            await Task.Delay(interval, time, _stopping.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
