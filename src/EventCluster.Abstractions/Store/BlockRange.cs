using EventCluster.Protocol;

namespace EventCluster.Abstractions.Store;

/// <summary>Where to read: blocks are keyed (storing stream, incarnation, first sequence).</summary>
/// <param name="Stream">The stream that stores the blocks; for inherited data of a fork, an ancestor.</param>
/// <param name="Incarnation">The history that the blocks belong to.</param>
/// <param name="From">First sequence wanted.</param>
/// <param name="To">First sequence not wanted.</param>
public readonly record struct BlockRange(StreamName Stream, long Incarnation, long From, long To);
