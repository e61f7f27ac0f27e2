using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using EventCluster.Protocol;

namespace EventCluster.TestKit.Subscribers;

/// <summary>What all clients share: a lost connection is a sighting, and so is a refusal.</summary>
public abstract class SubscriberClient : ISubscriberClient
{
    /// <inheritdoc />
    public abstract string Name { get; }

    /// <inheritdoc />
    public abstract SubscriberTraits Traits { get; }

    /// <inheritdoc />
    public async IAsyncEnumerable<Sighting> FollowAsync(
        SubscribeRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var sightings = ReadAsync(request, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            Sighting? next;
            try
            {
                next = await sightings.MoveNextAsync() ? sightings.Current : null;
            }
            catch (Exception e) when (IsLostConnection(e) && !cancellationToken.IsCancellationRequested)
            {
                next = new Sighting.Disconnected($"{e.GetType().Name}: {e.Message}");
            }

            if (next is null)
            {
                yield break;
            }

            yield return next;
            if (next is Sighting.End or Sighting.Refused or Sighting.Disconnected or Sighting.Gap { ContinuedFrom: null })
            {
                yield break;
            }
        }
    }

    /// <inheritdoc />
    public override string ToString() => Name;

    /// <summary>Reads one connection; may throw what a network throws.</summary>
    protected abstract IAsyncEnumerable<Sighting> ReadAsync(SubscribeRequest request, CancellationToken cancellationToken);

    /// <summary>A client for one connection, without proxies, retries or cookies.</summary>
    protected static HttpClient NewHttp() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,

        // Leaving in the middle of a response closes the connection at once, instead of reading on for a while.
        MaxResponseDrainSize = 0,
        ResponseDrainTimeout = TimeSpan.Zero,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>What an answer other than a subscription says: a gap, or a refusal.</summary>
    protected static async Task<Sighting> RefusalAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var body = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
        if (body.Length == 0 || answer.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            // No body, or that of a proxy which found nobody to ask.
            return new Sighting.Refused((int)answer.StatusCode, "");
        }

        using var problem = JsonDocument.Parse(body);
        var code = problem.RootElement.GetProperty("code").GetString()!;
        return answer.StatusCode == HttpStatusCode.Gone && code == "gap"
            ? GapOf(problem.RootElement, continuedFrom: null)
            : new Sighting.Refused((int)answer.StatusCode, code);
    }

    /// <summary>A gap from its members.</summary>
    protected static Sighting.Gap GapOf(JsonElement members, StreamOffset? continuedFrom) => new(
        OffsetOf(members, "requested"), OffsetOf(members, "earliest"), OffsetOf(members, "tail"),
        members.GetProperty("reason").GetString()!, continuedFrom)
    {
        Token = continuedFrom?.ToString(),
    };

    /// <summary>A member that is an offset.</summary>
    protected static StreamOffset OffsetOf(JsonElement members, string name) =>
        StreamOffset.Parse(members.GetProperty(name).GetString());

    /// <summary>The events of a run that ends at an offset, which the run of a JSON stream shows one by one.</summary>
    /// <exception cref="InvalidDataException">A JSON run has another number of events than lie between the positions.</exception>
    protected static IEnumerable<Sighting> EventsOf(
        ReadOnlyMemory<byte> run, PayloadKind kind, StreamOffset next, StreamOffset? before)
    {
        if (kind != PayloadKind.Json)
        {
            if (run.Length > 0)
            {
                yield return new Sighting.Event(next, run) { Token = next.ToString() };
            }

            yield break;
        }

        using var array = JsonDocument.Parse(run);
        var events = array.RootElement.GetArrayLength();
        if (before is { } position && position.Incarnation == next.Incarnation && position.Sequence + events != next.Sequence)
        {
            throw new InvalidDataException($"{events} events lie between {position} and {next}.");
        }

        var sequence = next.Sequence - events;
        foreach (var value in array.RootElement.EnumerateArray())
        {
            var offset = next with { Sequence = ++sequence };
            yield return new Sighting.Event(offset, Encoding.UTF8.GetBytes(value.GetRawText()))
            {
                Token = offset.ToString(),
            };
        }
    }

    /// <summary>Whether this is what a lost connection looks like.</summary>
    protected virtual bool IsLostConnection(Exception e) =>
        e is HttpRequestException or IOException or SocketException or WebSocketException or OperationCanceledException;
}
