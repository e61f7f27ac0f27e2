namespace EventCluster.Abstractions.Store;

/// <summary>A block without its bytes.</summary>
/// <param name="Incarnation">The history it belongs to.</param>
/// <param name="FirstSequence">Sequence before its first event.</param>
/// <param name="Count">Number of events.</param>
/// <param name="PayloadBytes">Sum of the payload lengths.</param>
/// <param name="LastTimeMilliseconds">Time of its last event.</param>
public readonly record struct BlockInfo(
    long Incarnation, long FirstSequence, int Count, int PayloadBytes, long LastTimeMilliseconds)
{
    /// <summary>Sequence after the last event.</summary>
    public long EndSequence => FirstSequence + Count;
}
