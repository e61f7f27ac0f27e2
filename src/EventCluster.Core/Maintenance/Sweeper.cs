using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Core.Owners;
using EventCluster.Core.Running;
using EventCluster.Protocol;

namespace EventCluster.Core.Maintenance;

/// <summary>
/// Looks for streams that are due (expiry, age retention, unfinished forks), loaded or not, and lets their owners
/// decide; and unloads idle ones.
/// </summary>
internal sealed partial class Sweeper(
    StreamRegistry streams, RunnerContext context, IStreamOwners owners)
    : IDisposable
{
    private const int DuePerSweep = 1_000;
    private const int VisitsAtOnce = 64;

    /// <summary>Streams that stay due after their visit, a damaged one for example, are looked past up to this number.</summary>
    private const int MaxStuck = 100_000;

    /// <summary>At the limit of loaded streams, one that nobody used for this long leaves.</summary>
    private static readonly TimeSpan IdleAtTheLimit = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LearningDefaults = TimeSpan.FromSeconds(15);

    private readonly CancellationTokenSource _stopping = new();
    private readonly BackgroundLoop _loop = new("sweeper of due and idle streams");
    private HashSet<StreamName> _visited = [];
    private int _stuck;
    private long _applyDefaultsAt = context.Clock.Timestamp;
    private bool _wasSuspended;
    private long? _checkedFencesAt;
    private long _madeRoomAt = context.Clock.TimestampBefore(IdleAtTheLimit);

    /// <summary>Starts the loop.</summary>
    public void Start() => _loop.Start(RunAsync);

    /// <summary>Why due streams are not looked for; null while they are.</summary>
    public string? Fault => _loop.Fault;

    /// <summary>Retention defaults changed: asks the streams once every node has had the time to learn of it.</summary>
    public void ApplyDefaultsSoon() =>
        Interlocked.Exchange(ref _applyDefaultsAt, context.Clock.TimestampBefore(-LearningDefaults));

    /// <summary>Ends the loop.</summary>
    public async Task StopAsync()
    {
        // Not CancelAsync: that leaves the scheduler, and with it the order that a simulation decides.
        _loop.NoteStop();
        _stopping.Cancel();
        await _loop.StopAsync();
    }

    /// <summary>Unloads streams that nobody used for the given time.</summary>
    public void UnloadIdle(TimeSpan unusedFor)
    {
        var unusedSince = context.Clock.TimestampBefore(unusedFor);

        var idle = streams.Runners.Where(runner => runner.IsUnusedSince(unusedSince));
        foreach (var runner in idle.OrderBy(runner => runner.Name))
        {
            runner.TryUnload(unusedSince);
        }
    }

    /// <summary>Unloads the streams that are idle for a moment; false when that did not bring the number below the limit.</summary>
    public bool TryMakeRoom()
    {
        // Looking at every stream is dear, so a burst of requests at the limit looks once per interval.
        var (now, last) = (context.Clock.Timestamp, Interlocked.Read(ref _madeRoomAt));
        if (last <= context.Clock.TimestampBefore(IdleAtTheLimit)
            && Interlocked.CompareExchange(ref _madeRoomAt, now, last) == last)
        {
            UnloadIdle(IdleAtTheLimit);
        }

        return streams.Count < context.Options.MaxLoadedStreams;
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
                UnloadIdle(context.Options.IdleUnloadAfter);
                ReportClock();
                if (context.IsCutOff)
                {
                    continue;
                }

                if (context.Confirmer.LastFault is not null)
                {
                    // An idle node must notice too that the store is back.
                    await context.Confirmer.ProbeAsync();
                }

                await CheckFencesAsync();
                if (owners.SweepsHere)
                {
                    await SweepAsync();
                }
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (StoreUnreachableException)
            {
                // The store reports its outage itself; the next interval looks again.
            }
            catch (Exception e)
            {
                LogSweepFailed(context.Logger, e);
            }
        }
    }

    private async Task SweepAsync()
    {
        if (!_wasSuspended)
        {
            var due = await context.Store.ListDueAsync(context.Clock.Now, DuePerSweep + _stuck, _stopping.Token);
            await VisitAsync(due);

            // The earliest come first: those that no visit moves on would hide all others behind them.
            _stuck = Math.Min(due.Count(_visited.Contains), MaxStuck);
            _visited = [.. due];
        }

        if (Interlocked.Read(ref _applyDefaultsAt) is var at && at <= context.Clock.Timestamp)
        {
            await ApplyRetentionDefaultsAsync();
            Interlocked.CompareExchange(ref _applyDefaultsAt, long.MaxValue, at);
        }
    }

    /// <summary>
    /// Rule 3: a read that waits at an owner that is not the newest one any more would wait in vain, so now and then one
    /// question to the store compares the fences of all streams with waiting reads.
    /// </summary>
    private async Task CheckFencesAsync()
    {
        var interval = context.Options.FenceCheckInterval;
        if (interval == TimeSpan.Zero || _checkedFencesAt > context.Clock.TimestampBefore(interval))
        {
            return;
        }

        _checkedFencesAt = context.Clock.Timestamp;
        var waiting = streams.Runners.Select(runner => (Runner: runner, Seen: runner.ViewOfWaiters))
            .Where(pair => pair.Seen is not null).OrderBy(pair => pair.Runner.Name).ToList();
        foreach (var some in waiting.Chunk(HeadConfirmer.MaxStreamsPerQuestion))
        {
            var (question, askedAt) = (context.NoteQuestion(), context.Clock.Read());
            var stamps = await context.Store.GetStampsAsync([.. some.Select(pair => pair.Runner.Name)], _stopping.Token);
            for (var i = 0; i < some.Length; i++)
            {
                var (runner, seen) = some[i];
                if (stamps[i].Fence == seen!.Fence && stamps[i].Version >= seen.Stamp.Version)
                {
                    runner.NoteConfirmed(question, askedAt);
                }
                else if (runner.View?.Fence == seen.Fence)
                {
                    // An owner that reopened meanwhile has a newer fence itself; only one that is as it was is stale.
                    LogFenceLost(context.Logger, runner.Name.Value, seen.Fence, stamps[i].Fence);
                    runner.EndStale();
                }
            }
        }
    }

    /// <summary>
    /// Streams without limits of their own follow the server's defaults, which may be others than before the restart:
    /// owners of those that could be outside them are asked once.
    /// </summary>
    private async Task ApplyRetentionDefaultsAsync()
    {
        if (context.Limits.RetentionDefaults.IsEmpty)
        {
            return;
        }

        StreamName? after = null;
        while (!_stopping.IsCancellationRequested)
        {
            var page = await context.Store.ListAsync("", after, DuePerSweep, _stopping.Token);
            await VisitAsync([.. page.Where(MayBeOutsideDefaults).Select(head => head.Name)]);
            if (page.Count < DuePerSweep)
            {
                return;
            }

            after = page[^1].Name;
        }
    }

    private bool MayBeOutsideDefaults(StoredHead stored)
    {
        var (head, defaults) = (stored.Head, context.Limits.RetentionDefaults);
        return head.Tail - head.Earliest > (defaults.Events ?? long.MaxValue)
            || head.RetainedBytes > (defaults.Bytes ?? long.MaxValue)
            || (defaults.AgeSeconds is not null && head.Tail > head.Earliest && head.DueAtMilliseconds == StreamHead.NeverDue);
    }

    private async Task VisitAsync(IReadOnlyList<StreamName> names)
    {
        foreach (var chunk in names.Chunk(VisitsAtOnce))
        {
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            await Task.WhenAll(chunk.Select(name => owners.VisitAsync(name).AsTask()));
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
