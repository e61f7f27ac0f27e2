using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

/// <summary>The part of a shared block that a read returns.</summary>
/// <param name="Block">The whole block, shared: caches may hang encoded frames on its identity.</param>
/// <param name="Start">Index of the first event returned.</param>
/// <param name="End">Index after the last event returned.</param>
public readonly record struct BlockSlice(EventBlock Block, int Start, int End)
{
    /// <summary>Number of events.</summary>
    public int Count => End - Start;

    /// <summary>Sequence before the first event returned.</summary>
    public long FirstSequence => Block.FirstSequence + Start;

    /// <summary>Payload bytes of the events returned.</summary>
    public int PayloadBytes => Block.GetPayloadBytes(Start, End);
}
