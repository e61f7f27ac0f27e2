using EventCluster.TestKit.Subscribers;

namespace EventCluster.EndToEnd.Tests.RestartWave;

/// <summary>
/// One client that follows a stream to its end, as a client author would: it comes back after the delay that it was told,
/// with the last token it saw. An event that is missing or comes again ends it with an exception.
/// </summary>
internal sealed class WaveClient(ISubscriberClient client, SubscribeRequest request)
{
    private static readonly TimeSpan UsualDelay = TimeSpan.FromSeconds(1);

    private int _seen;
    private int _connections;

    /// <summary>Name of the transport.</summary>
    public string Transport => client.Name;

    /// <summary>Events seen.</summary>
    public int Seen => Volatile.Read(ref _seen);

    /// <summary>Connections that ended.</summary>
    public int EndedConnections => Volatile.Read(ref _connections);

    /// <summary>The delay that the first connection announced before it ended; null when it ended without a word.</summary>
    public TimeSpan? Announced { get; private set; }

    /// <summary>Follows the stream until it is closed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var start = SubscribeStart.Earliest;
        while (true)
        {
            TimeSpan? announced = null;
            await foreach (var sighting in client.FollowAsync(request with { Start = start }, cancellationToken))
            {
                start = sighting.Token is { } token ? SubscribeStart.Resume(token) : start;
                switch (sighting)
                {
                    case Sighting.End:
                        return;
                    case Sighting.Move move:
                        announced = TimeSpan.FromMilliseconds(move.DelayMilliseconds);
                        break;
                    case Sighting.Event next when next.Offset.Sequence == Seen + 1:
                        Interlocked.Increment(ref _seen);
                        break;
                    case Sighting.Event or Sighting.Gap:
                        throw new InvalidDataException($"{Transport}: after {Seen} events came {sighting}.");
                }
            }

            if (Interlocked.Increment(ref _connections) == 1)
            {
                Announced = announced;
            }

            await Task.Delay(announced ?? UsualDelay, TimeProvider.System, cancellationToken);
        }
    }
}
