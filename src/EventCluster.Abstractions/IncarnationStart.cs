namespace EventCluster.Abstractions;

/// <summary>One history of a stream: positions from <paramref name="FirstSequence"/> on belong to it, up to the next entry.</summary>
/// <param name="Incarnation">The history's number.</param>
/// <param name="FirstSequence">Where it starts.</param>
public readonly record struct IncarnationStart(long Incarnation, long FirstSequence);
