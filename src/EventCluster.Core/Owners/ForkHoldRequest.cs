using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Core.Owners;

/// <summary>What a fork asks its source.</summary>
/// <param name="Spec">The fork point as requested.</param>
/// <param name="Fork">The fork.</param>
/// <param name="ContentType">The requested content type; null for the source's.</param>
/// <param name="Incarnation">The fork's own history, drawn before.</param>
public sealed record ForkHoldRequest(ForkSpec Spec, StreamName Fork, StreamContentType? ContentType, long Incarnation);
