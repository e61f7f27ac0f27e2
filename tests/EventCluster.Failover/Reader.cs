using System.Text;
using EventCluster.Protocol;
using EventCluster.TestKit.History;
using EventCluster.TestKit.Subscribers;

namespace EventCluster.Failover;

/// <summary>Follows one stream through the load balancer and comes back with its last offset whatever happens.</summary>
internal sealed class Reader(
    ISubscriberClient client, Uri server, string stream, string name, HistoryRecorder history, TimeProvider time)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    private StreamOffset? _position;
    private long _sequence;
    private long _reconnects;

    /// <summary>What it reads.</summary>
    public string Stream => stream;

    /// <summary>Who it is.</summary>
    public string Name => name;

    /// <summary>How far it is.</summary>
    public long Sequence => Interlocked.Read(ref _sequence);

    /// <summary>Connections after the first.</summary>
    public long Reconnects => Interlocked.Read(ref _reconnects);

    /// <summary>Reads until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        history.Start(stream, name, null);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(cancellationToken);
                await Task.Delay(RetryDelay, time, cancellationToken);
                Interlocked.Increment(ref _reconnects);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var request = new SubscribeRequest(server, stream, PayloadKind.Json)
        {
            Start = _position is { } position ? SubscribeStart.At(position) : SubscribeStart.Earliest,
        };
        await foreach (var sighting in client.FollowAsync(request, cancellationToken))
        {
            switch (sighting)
            {
                case Sighting.Event seen:
                    history.Observe(stream, name, seen.Offset, Encoding.UTF8.GetString(seen.Payload.Span));
                    _position = seen.Offset;
                    Interlocked.Exchange(ref _sequence, seen.Offset.Sequence);
                    break;
                case Sighting.Gap or Sighting.End:
                    throw new InvalidDataException($"{name} of {stream} at {_position}: {sighting}");
                case Sighting.Refused { Status: not (502 or 503 or 504) }:
                    throw new InvalidDataException($"{name} of {stream} at {_position}: {sighting}");
            }
        }
    }
}
