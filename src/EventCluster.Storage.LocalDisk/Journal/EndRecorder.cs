using EventCluster.Abstractions;
using EventCluster.Storage.LocalDisk.Format;
using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.LocalDisk.Journal;

/// <summary>
/// Records beside the journal where it ends, off the append path: at most once a second under load, once more when
/// nothing was flushed for a second, at an orderly stop, and before a file goes that a record names.
/// </summary>
internal sealed partial class EndRecorder : IAsyncDisposable
{
    /// <summary>Most time between a flush and its record: what a power cut just before can leave unproved.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly AsyncSignal _signal = new();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly HashSet<uint> _unlisted = [];
    private readonly EndFile _file;
    private readonly JournalStart _start;
    private readonly bool _acksUnflushed;
    private readonly ILogger _logger;
    private readonly FlushedEnd _flushed;
    private readonly ITimer _timer;
    private readonly BackgroundLoop _loop = new("recorder of the journal's end");
    private IReadOnlyList<ListedFile> _checkpoints;
    private int _armed;
    private bool _delayed;
    private volatile bool _stopping;

    public EndRecorder(LocalDiskOptions options, EndFile file, JournalStart start, TimeProvider time, ILogger logger)
    {
        (_file, _start, _acksUnflushed, _logger) = (file, start, !options.Flush, logger);
        _flushed = new FlushedEnd(start.Flushed, start.GroupNumber);
        _checkpoints = file.Last.Checkpoints;
        _timer = time.CreateTimer(_ => _signal.Set(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _loop.Start(() => Task.Factory.StartNew(
            RunAsync,
            CancellationToken.None,
            TaskCreationOptions.DenyChildAttach,
            options.Scheduler ?? TaskScheduler.Default).Unwrap());
    }

    /// <summary>Why it does not do its work; null while it does.</summary>
    public string? Fault => _loop.Fault;

    /// <summary>Told of a fault after which no record can be written any more.</summary>
    public Action<Exception>? Failed { get; set; }

    /// <summary>Everything before a position is flushed. On the writer's thread; costs no lock.</summary>
    public void Publish(JournalPosition flushed, long group)
    {
        _flushed.Set(flushed, group);
        if (Interlocked.CompareExchange(ref _armed, 1, 0) == 0)
        {
            _timer.Change(Interval, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Records without some segments. Only after that may their files be cut or unlinked.</summary>
    public async Task UnlistAsync(IReadOnlyCollection<uint> segments)
    {
        await _turn.WaitAsync();
        try
        {
            _unlisted.UnionWith(segments);
            await WriteAsync();
        }
        catch
        {
            _unlisted.ExceptWith(segments);
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Records these checkpoints and no others. Only after that may other ones be unlinked.</summary>
    public async Task ListCheckpointsAsync(ListedFile made, uint kept)
    {
        await _turn.WaitAsync();
        try
        {
            _checkpoints = [.. _checkpoints.Where(file => file.Number == kept), made];
            await WriteAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Ends, without a record.</summary>
    public async ValueTask DisposeAsync()
    {
        _loop.NoteStop();
        _stopping = true;
        _signal.Set();
        await _loop.StopAsync();
        await _timer.DisposeAsync();
        await _file.DisposeAsync();
        _turn.Dispose();
    }

    /// <summary>The journal's writer has ended in an orderly way: both slots say where, so that one of them may be lost.</summary>
    public async Task RecordStopAsync()
    {
        await _turn.WaitAsync();
        try
        {
            await WriteAsync();
            await WriteAsync();
        }
        catch (Exception e)
        {
            LogNotRecorded(_logger, e.Message);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task RunAsync()
    {
        while (true)
        {
            await _signal.WaitAsync();
            if (_stopping)
            {
                return;
            }

            await RecordAsync();
        }
    }

    private async Task RecordAsync()
    {
        // Given free before the end is read: what is flushed meanwhile arms the timer again.
        Interlocked.Exchange(ref _armed, 0);
        await _turn.WaitAsync();
        try
        {
            if (_flushed.Get().Position != _file.Last.End)
            {
                await WriteAsync();
            }

            _delayed = false;
        }
        catch (Exception e) when (IsPassing(e))
        {
            if (!_delayed)
            {
                LogDelayed(_logger, e.Message);
            }

            (_delayed, _armed) = (true, 1);
            _timer.Change(Interval, Timeout.InfiniteTimeSpan);
        }
        catch (Exception)
        {
            // Told already: the journal stops.
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            await _file.WriteAsync(Next());
        }
        catch (Exception e) when (!IsPassing(e))
        {
            Failed?.Invoke(e);
            throw;
        }
    }

    private EndRecord Next()
    {
        var (end, group) = _flushed.Get();
        var segments = _start.Segments.All
            .Where(segment => segment.Id <= end.Segment && segment.End > 0 && !_unlisted.Contains(segment.Id))
            .Select(segment => new ListedFile(segment.Id, segment.Id == end.Segment ? end.Offset : segment.End));
        return new EndRecord(_start.StoreId, Counter: 0, _start.StartNumber, _acksUnflushed, end, group)
            .With(_checkpoints, segments);
    }

    private static bool IsPassing(Exception e) => e is DiskFullException or DiskShortageException;
}
