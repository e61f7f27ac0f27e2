namespace EventCluster.Abstractions.Store;

/// <summary>A half-open range of sequences.</summary>
/// <param name="From">First sequence inside.</param>
/// <param name="To">First sequence after it.</param>
public readonly record struct SequenceRange(long From, long To);
