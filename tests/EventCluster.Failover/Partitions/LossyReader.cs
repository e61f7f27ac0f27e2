using System.Collections.Concurrent;
using System.Text;
using EventCluster.Protocol;
using EventCluster.TestKit.Subscribers;

namespace EventCluster.Failover.Partitions;

/// <summary>Follows a stream at one edge and goes on behind gaps, as PROTOCOL tells clients to.</summary>
internal sealed class LossyReader(ISubscriberClient client, Uri edge, string stream, string name, OffsetBook book)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<string, bool> _seen = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _gaps = new();
    private StreamOffset? _position;

    /// <summary>What it reads.</summary>
    public string Stream => stream;

    /// <summary>Who it is.</summary>
    public string Name => name;

    /// <summary>Reasons of the gaps that it was told.</summary>
    public IReadOnlyCollection<string> Gaps => _gaps;

    /// <summary>Whether it has seen an event.</summary>
    public bool Has(string payload) => _seen.ContainsKey(payload);

    /// <summary>Reads until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(cancellationToken);
                await Task.Delay(RetryDelay, TimeProvider.System, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var request = new SubscribeRequest(edge, stream, PayloadKind.Json)
        {
            Start = _position is { } position ? SubscribeStart.At(position) : SubscribeStart.Earliest,
        };
        await foreach (var sighting in client.FollowAsync(request, cancellationToken))
        {
            switch (sighting)
            {
                case Sighting.Event seen:
                    var payload = Encoding.UTF8.GetString(seen.Payload.Span);
                    book.Note(stream, seen.Offset, payload);
                    _position = seen.Offset;
                    _seen[payload] = true;
                    break;
                case Sighting.Gap gap:
                    // Where the connection ends with it, the client reads again from the earliest event.
                    _gaps.Enqueue(gap.Reason);
                    _position = gap.ContinuedFrom;
                    break;
                case Sighting.End or Sighting.Refused { Status: not (502 or 503 or 504) }:
                    throw new InvalidDataException($"{name} of {stream} at {_position}: {sighting}");
            }
        }
    }
}
