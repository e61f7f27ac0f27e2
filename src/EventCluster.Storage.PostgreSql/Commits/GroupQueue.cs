using System.Threading.Channels;
using EventCluster.Abstractions;
using EventCluster.Protocol;

namespace EventCluster.Storage.PostgreSql.Commits;

/// <summary>How much waits and how much is taken at once.</summary>
/// <param name="Waiting">Items that wait; one more waits for room.</param>
/// <param name="AtOnce">Groups in hand at once.</param>
/// <param name="Items">Items of a group.</param>
/// <param name="Bytes">Bytes of a group, beyond its first item.</param>
internal sealed record GroupBounds(int Waiting, int AtOnce, int Items, long Bytes = long.MaxValue);

/// <summary>
/// Work for streams that is done together: whatever waits is taken as one group, and while that is in hand the next
/// gathers. No group has two items of one stream.
/// </summary>
internal sealed class GroupQueue<T> : IAsyncDisposable
    where T : class
{
    private readonly GroupBounds _bounds;
    private readonly Func<T, (StreamName Name, long Bytes)> _measure;
    private readonly Func<List<T>, Task> _handle;
    private readonly Channel<T> _waiting;
    private readonly Action<T, Exception> _fail;
    private readonly BackgroundLoop[] _loops;

    /// <summary>Begins to wait.</summary>
    /// <param name="name">What it does, for the operator.</param>
    /// <param name="bounds">How much.</param>
    /// <param name="measure">An item's stream and bytes.</param>
    /// <param name="handle">Does the work of a group and answers its items.</param>
    /// <param name="fail">Answers an item whose group met a surprise; one that has its answer keeps it.</param>
    public GroupQueue(
        string name, GroupBounds bounds, Func<T, (StreamName Name, long Bytes)> measure, Func<List<T>, Task> handle,
        Action<T, Exception> fail)
    {
        (_bounds, _measure, _handle, _fail) = (bounds, measure, handle, fail);
        _waiting = Channel.CreateBounded<T>(new BoundedChannelOptions(bounds.Waiting));
        _loops = [.. Enumerable.Range(0, bounds.AtOnce).Select(_ => new BackgroundLoop(name))];
        foreach (var loop in _loops)
        {
            loop.Start(() => Task.Run(RunAsync));
        }
    }

    /// <summary>Why a loop does not run; null while all do.</summary>
    public string? Fault => Array.Find(_loops, static loop => loop.Fault is not null)?.Fault;

    /// <summary>Takes an item.</summary>
    public ValueTask EnqueueAsync(T item, CancellationToken cancellationToken) => _waiting.Writer.WriteAsync(item, cancellationToken);

    /// <summary>Settles what waits, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        Array.ForEach(_loops, static loop => loop.NoteStop());
        _waiting.Writer.TryComplete();
        foreach (var loop in _loops)
        {
            await loop.StopAsync();
        }
    }

    private async Task RunAsync()
    {
        T? left = null;
        while (left is not null || await _waiting.Reader.WaitToReadAsync())
        {
            var group = Gather(ref left);
            if (group.Count > 0)
            {
                await HandleAsync(group);
            }
        }
    }

    /// <summary>A surprise belongs to those who wait for this group; the next one goes on.</summary>
    private async Task HandleAsync(List<T> group)
    {
        try
        {
            await _handle(group);
        }
        catch (Exception e)
        {
            group.ForEach(item => _fail(item, e));
        }
    }

    /// <summary>Takes what waits, up to the bounds of a group. A second item of a stream is left for the next group.</summary>
    private List<T> Gather(ref T? left)
    {
        List<T> group = [];
        HashSet<StreamName> names = [];
        long bytes = 0;
        while (group.Count < _bounds.Items)
        {
            var next = left;
            left = null;
            if (next is null && !_waiting.Reader.TryRead(out next))
            {
                break;
            }

            var (name, size) = _measure(next);
            bytes += size;
            if (group.Count > 0 && (bytes > _bounds.Bytes || names.Contains(name)))
            {
                left = next;
                break;
            }

            names.Add(name);
            group.Add(next);
        }

        return group;
    }
}
