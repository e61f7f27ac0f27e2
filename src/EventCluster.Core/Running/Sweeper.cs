using System.Collections.Concurrent;
using EventCluster.Protocol;

namespace EventCluster.Core.Running;

/// <summary>
/// Looks for streams that are due (expiry, age retention, unfinished forks), loaded or not, and lets their owners
/// decide; and unloads idle ones.
/// </summary>
internal sealed partial class Sweeper(
    LocalStreamDirectory directory, RunnerContext context, ConcurrentDictionary<StreamName, StreamLogRunner> runners)
    : IDisposable
{
    private const int DuePerSweep = 1_000;

    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;
    private bool _wasSuspended;

    /// <summary>Starts the loop.</summary>
    public void Start() => _loop = RunAsync();

    /// <summary>Ends the loop.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
    }

    /// <summary>Unloads streams that nobody used for the given time.</summary>
    public void UnloadIdle(TimeSpan unusedFor)
    {
        var unusedSince = context.Clock.Now - (long)unusedFor.TotalMilliseconds;
        foreach (var (_, runner) in runners)
        {
            runner.TryUnload(unusedSince);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(context.Options.SweepInterval, context.Clock.Time, _stopping.Token);
                await SweepAsync();
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogSweepFailed(context.Logger, e);
            }
        }
    }

    private async Task SweepAsync()
    {
        UnloadIdle(context.Options.IdleUnloadAfter);
        ReportClock();
        if (_wasSuspended)
        {
            return;
        }

        var due = await context.Store.ListDueAsync(context.Clock.Now, DuePerSweep, _stopping.Token);
        foreach (var name in due)
        {
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            await directory.Forks.VisitDueAsync(name);
        }
    }

    private void ReportClock()
    {
        var isSuspended = context.Clock.IsSuspended;
        if (isSuspended == _wasSuspended)
        {
            return;
        }

        _wasSuspended = isSuspended;
        if (isSuspended)
        {
            LogClockDeparted(context.Logger, context.Clock.Departure.TotalSeconds);
        }
        else
        {
            LogClockAgrees(context.Logger);
        }
    }
}
