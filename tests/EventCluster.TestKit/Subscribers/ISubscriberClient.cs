namespace EventCluster.TestKit.Subscribers;

/// <summary>
/// One way to follow a stream, written as a client author would from docs/PROTOCOL.md: it knows a URL and nothing of the
/// server behind it. Every call to <see cref="FollowAsync"/> is one connection (polling: one run of polls).
/// </summary>
public interface ISubscriberClient
{
    /// <summary>Name in messages of tests.</summary>
    string Name { get; }

    /// <summary>What sets it apart from the others.</summary>
    SubscriberTraits Traits { get; }

    /// <summary>
    /// Connects and reads. The sequence has an end: <see cref="Sighting.End"/>, <see cref="Sighting.Refused"/>, a
    /// <see cref="Sighting.Gap"/> that nothing follows, or <see cref="Sighting.Disconnected"/>. Network errors are
    /// <see cref="Sighting.Disconnected"/>; only what breaks the protocol is thrown.
    /// </summary>
    /// <exception cref="InvalidDataException">The server broke the protocol.</exception>
    IAsyncEnumerable<Sighting> FollowAsync(SubscribeRequest request, CancellationToken cancellationToken);
}
