using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

/// <summary>A range that can no longer be served, with the same content on every transport.</summary>
/// <param name="Requested">The position asked for.</param>
/// <param name="Earliest">The earliest retained position.</param>
/// <param name="Tail">The next position.</param>
/// <param name="Reason">Why.</param>
public sealed record StreamGap(StreamOffset Requested, StreamOffset Earliest, StreamOffset Tail, GapReason Reason);
