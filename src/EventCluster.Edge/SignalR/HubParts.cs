using System.IO.Pipelines;
using System.Threading.Channels;
using EventCluster.Delivery.Framing;

namespace EventCluster.Edge.SignalR;

/// <summary>
/// An item larger than a slice on its way from its session to the connection: the session gives a part and waits until the
/// connection has taken it, so that of the item no more than one part is in memory here.
/// </summary>
/// <param name="abort">Ends the connection.</param>
internal sealed class HubParts(Action abort)
{
    private readonly Channel<Part> _given = Channel.CreateBounded<Part>(
        new BoundedChannelOptions(capacity: 1) { SingleReader = true, SingleWriter = true });

    /// <summary>Gives the next part; completes when the connection took it.</summary>
    /// <param name="bytes">Its bytes; the connection gives them up.</param>
    /// <param name="isLast">Whether the item ends with it.</param>
    public Task<FlushResult> GiveAsync(FrameBuffer bytes, bool isLast)
    {
        var part = new Part(bytes, isLast);
        _given.Writer.TryWrite(part);
        return part.Taken.Task;
    }

    /// <summary>No further part comes: where the item has begun its connection ends, so that nobody takes a part for the whole.</summary>
    public void Break() => _given.Writer.TryComplete();

    /// <summary>Writes the parts as they come and as the client takes them.</summary>
    public async ValueTask<FlushResult> WriteToAsync(PipeWriter output, ReadOnlyMemory<byte> tail)
    {
        while (await _given.Reader.WaitToReadAsync())
        {
            _given.Reader.TryRead(out var part);
            using (part!.Bytes)
            {
                Write(output, part.Bytes.Written);
            }

            if (part.IsLast)
            {
                Write(output, tail.Span);
            }

            // Not to be given up by a call that its client ends: half an item would break the calls beside it.
            var result = await output.FlushAsync(CancellationToken.None);
            part.Taken.SetResult(result);
            if (part.IsLast || result.IsCompleted || result.IsCanceled)
            {
                return result;
            }
        }

        abort();
        return new FlushResult(isCanceled: false, isCompleted: true);
    }

    private static void Write(PipeWriter output, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(output.GetSpan(bytes.Length));
        output.Advance(bytes.Length);
    }

    private sealed record Part(FrameBuffer Bytes, bool IsLast)
    {
        public TaskCompletionSource<FlushResult> Taken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
