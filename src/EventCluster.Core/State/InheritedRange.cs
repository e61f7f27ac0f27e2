using EventCluster.Protocol;

namespace EventCluster.Core.State;

/// <summary>Events that an ancestor stores and this stream serves as its own history.</summary>
/// <param name="Stream">The ancestor.</param>
/// <param name="From">First sequence.</param>
/// <param name="To">Sequence after the last one.</param>
internal readonly record struct InheritedRange(StreamName Stream, long From, long To);
