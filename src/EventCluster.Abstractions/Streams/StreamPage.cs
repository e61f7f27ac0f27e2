using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

/// <summary>One page of a listing.</summary>
/// <param name="Streams">Descriptors in byte order of names.</param>
/// <param name="Next">Pass as <c>after</c> for the next page; null at the end.</param>
public sealed record StreamPage(IReadOnlyList<StreamDescriptor> Streams, StreamName? Next);
