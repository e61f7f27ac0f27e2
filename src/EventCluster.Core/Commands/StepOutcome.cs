using EventCluster.Abstractions.Streams;
using EventCluster.Core.State;

namespace EventCluster.Core.Commands;

/// <summary>Result of a <see cref="StepCommand"/>.</summary>
/// <param name="View">The committed instant after the step; null when it did not happen.</param>
/// <param name="Reason">Why it did not happen.</param>
/// <param name="Detail">The same in words.</param>
internal readonly record struct StepOutcome(StreamView? View, UnavailableReason Reason, string? Detail);
