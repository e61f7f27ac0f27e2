namespace EventCluster.Edge.Sessions;

/// <summary>
/// Admits work up to a number and a sum of bytes; one piece is always admitted, however large. One entrant at a time; the
/// way out is open to all threads.
/// </summary>
internal sealed class InFlightGate(int maxCount, long maxBytes)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _room;
    private int _count;
    private long _bytes;

    /// <summary>Waits for room and takes it.</summary>
    public async ValueTask EnterAsync(long bytes, CancellationToken cancellationToken)
    {
        while (TryEnter(bytes) is { } room)
        {
            await room.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Gives room back.</summary>
    public void Exit(long bytes)
    {
        TaskCompletionSource? room;
        lock (_gate)
        {
            _count--;
            _bytes -= bytes;
            (room, _room) = (_room, null);
        }

        room?.SetResult();
    }

    /// <summary>Null when admitted, else what completes when it is worth another try.</summary>
    private Task? TryEnter(long bytes)
    {
        lock (_gate)
        {
            if (_count == 0 || (_count < maxCount && _bytes + bytes <= maxBytes))
            {
                _count++;
                _bytes += bytes;
                return null;
            }

            _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }
}
