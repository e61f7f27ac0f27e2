using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Framing;

namespace EventCluster.Delivery.Reading;

/// <summary>
/// Sends a large event to one connection: a slice, a flush, the next slice. Nothing else is written in between. While the
/// client takes nothing the event is its place, and its block where the share of delivery has room for that.
/// </summary>
internal abstract class SliceSender(BlockPins pins)
{
    /// <summary>Sends an event from its beginning to its end.</summary>
    public async ValueTask<SliceExit> SendAsync(LargeEvent large)
    {
        try
        {
            while (true)
            {
                if (!large.HasBlock && !large.TryResume(await ReadAgainAsync(large.Before)))
                {
                    return large.IsBegun ? SliceExit.Lost : SliceExit.Removed;
                }

                WriteSlice(large);
                var flush = FlushAsync();
                if (!flush.IsCompleted)
                {
                    large.Rest(pins);
                }

                if (!await flush)
                {
                    return SliceExit.Gone;
                }

                large.GoOn();
                if (large.IsComplete)
                {
                    return SliceExit.Sent;
                }
            }
        }
        finally
        {
            large.LetGo();
        }
    }

    /// <summary>Writes the next slice into the connection's buffer.</summary>
    protected abstract void WriteSlice(LargeEvent large);

    /// <summary>Hands the slice to the client and waits until it is taken; false when the client is gone.</summary>
    protected abstract ValueTask<bool> FlushAsync();

    /// <summary>Reads the event at a position again, without waiting for one.</summary>
    protected abstract ValueTask<ReadOutcome?> ReadAgainAsync(Protocol.StreamOffset position);
}
