using EventCluster.Protocol;

namespace EventCluster.TestKit.Subscribers;

/// <summary>An event that was acknowledged.</summary>
/// <param name="Offset">The position after it.</param>
/// <param name="Payload">Its bytes.</param>
public sealed record PublishedEvent(StreamOffset Offset, byte[] Payload);
