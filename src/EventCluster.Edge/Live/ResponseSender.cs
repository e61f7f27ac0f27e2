using System.Buffers;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Reading;
using EventCluster.Protocol;

namespace EventCluster.Edge.Live;

/// <summary>Sends a large event to an event stream.</summary>
/// <param name="pins">What keeps its block.</param>
/// <param name="response">The event stream.</param>
/// <param name="subscription">Where it reads.</param>
/// <param name="finish">Writes what follows the event at once; null for nothing.</param>
internal sealed class ResponseSender(
    BlockPins pins, LiveResponse response, LiveSubscription subscription, Action? finish = null) : SliceSender(pins)
{
    /// <inheritdoc />
    protected override void WriteSlice(LargeEvent large)
    {
        using var slice = new FrameBuffer(response.Slice);
        large.Write(slice, response.Slice);
        response.Output.Write(slice.Written);
        if (large.IsComplete)
        {
            subscription.Position = large.After;
            finish?.Invoke();
        }
    }

    /// <inheritdoc />
    protected override ValueTask<bool> FlushAsync() => response.FlushAsync();

    /// <inheritdoc />
    protected override async ValueTask<ReadOutcome?> ReadAgainAsync(StreamOffset position) =>
        await subscription.ReadOneAsync(response.Ended);
}
