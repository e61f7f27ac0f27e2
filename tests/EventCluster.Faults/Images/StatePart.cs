namespace EventCluster.Faults.Images;

/// <summary>One piece of what a store serves: a stream's head, or one of its blocks.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Sequence">First sequence of the block; −1 for the head.</param>
/// <param name="Bytes">What was read, in a form that can be compared.</param>
/// <param name="Refusal">The store said that these bytes are damaged, and where; null when it served them.</param>
internal readonly record struct StatePart(string Stream, long Sequence, ReadOnlyMemory<byte> Bytes, string? Refusal = null)
{
    /// <summary>The same piece with the same content, or one that the store refused to serve.</summary>
    public bool Fits(in StatePart acknowledged) =>
        Sequence == acknowledged.Sequence
        && Stream == acknowledged.Stream
        && (Refusal is not null || Bytes.Span.SequenceEqual(acknowledged.Bytes.Span));
}
