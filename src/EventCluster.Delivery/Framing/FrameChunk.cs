namespace EventCluster.Delivery.Framing;

/// <summary>Encoded frames of consecutive events of one block; immutable and shared by all their readers.</summary>
/// <param name="start">Index in the block of the first event.</param>
/// <param name="bytes">The frames, end to end.</param>
/// <param name="ends">Where the frame of each event ends in <paramref name="bytes"/>.</param>
internal sealed class FrameChunk(int start, byte[] bytes, int[] ends)
{
    /// <summary>Index in the block of the first event.</summary>
    public int Start => start;

    /// <summary>Index in the block after the last event.</summary>
    public int End => start + ends.Length;

    /// <summary>Size of all frames.</summary>
    public int Bytes => bytes.Length;

    /// <summary>The same events as they lie in another block, where the first one has this index.</summary>
    public FrameChunk At(int index) => index == start ? this : new FrameChunk(index, bytes, ends);

    /// <summary>The frames of the events from index <paramref name="from"/> up to, not including, <paramref name="to"/>.</summary>
    public ReadOnlySpan<byte> Frames(int from, int to) => bytes.AsSpan(Begin(from)..Begin(to));

    /// <summary>The largest index up to <paramref name="to"/> so that the frames from <paramref name="from"/> fit.</summary>
    public int Fit(int from, int to, int maxBytes)
    {
        var begin = Begin(from);
        if (Begin(to) - begin <= maxBytes)
        {
            return to;
        }

        // Binary search for the last frame boundary within the bound.
        var (low, high) = (from, to);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (Begin(middle) - begin <= maxBytes)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private int Begin(int index) => index == start ? 0 : ends[index - start - 1];
}
