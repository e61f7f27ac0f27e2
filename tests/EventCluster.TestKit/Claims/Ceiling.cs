namespace EventCluster.TestKit.Claims;

/// <summary>The greatest sequence that a stream can have, as appends are sent one after the other.</summary>
internal sealed class Ceiling
{
    /// <summary>Appends whose place is not known, by the time of their acknowledgement.</summary>
    private readonly PriorityQueue<int, TimeSpan> _placeless = new();

    private long _known;
    private long _unknown;

    /// <summary>
    /// The greatest place that is known, and room for all events whose place is not known and may be above it.
    /// </summary>
    public long Sequence => _known + _unknown;

    /// <summary>A close was sent.</summary>
    public bool MayBeClosed { get; private set; }

    /// <summary>Adds the next append in the order of sending.</summary>
    public void Add(AppendRecord append)
    {
        MayBeClosed |= append.Closes;
        if (append.Position is not { } position)
        {
            _placeless.Enqueue(append.Events, append.Acknowledged ?? TimeSpan.MaxValue);
            _unknown += append.Events;
            return;
        }

        _known = Math.Max(_known, position.Sequence);

        // What was acknowledged before this one was sent lies below it.
        while (_placeless.TryPeek(out var events, out var acknowledged) && acknowledged < append.Sent)
        {
            _placeless.Dequeue();
            _unknown -= events;
        }
    }
}
