using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

/// <summary>Where a fork starts.</summary>
/// <param name="Source">The stream whose history is inherited.</param>
/// <param name="Offset">The fork point; null for the source's tail at that moment.</param>
/// <param name="FromStart">True for the literal "start" forms: the source's earliest retained position. Excludes <paramref name="Offset"/>.</param>
/// <param name="SubOffset">Past the fork point: events of a JSON stream, else bytes of the next event. 0 for none.</param>
public sealed record ForkSpec(StreamName Source, StreamOffset? Offset, bool FromStart, long SubOffset);
