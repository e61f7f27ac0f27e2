using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace EventCluster.TestKit.Subscribers;

/// <summary>
/// Several streams as one event stream, resumed by its cursor. It shows the stream that was asked for; the companion,
/// which must exist and be open, only shares the connection.
/// </summary>
public sealed class CompositeClient(string companion) : SubscriberClient
{
    /// <inheritdoc />
    public override string Name => "composite";

    /// <inheritdoc />
    public override SubscriberTraits Traits => SubscriberTraits.AnnouncesMove | SubscriberTraits.Waits;

    /// <inheritdoc />
    protected override async IAsyncEnumerable<Sighting> ReadAsync(
        SubscribeRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var http = NewHttp();
        var start = request.Start.Token is null ? request : request with { Start = SubscribeStart.Earliest };
        var (position, options) = (start.Start.Query, start.Query[start.Start.Query.Length..]);
        using var message = new HttpRequestMessage(
            HttpMethod.Get, request.UrlOf($"/v1/streams?stream={request.Stream}&{position}&stream={companion}{options}"));
        if (request.Start.Token is { } token)
        {
            message.Headers.TryAddWithoutValidation("Last-Event-ID", token);
        }

        using var answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            yield return await RefusalAsync(answer, cancellationToken);
            yield break;
        }

        using var frames = new EventStreamReader(await answer.Content.ReadAsStreamAsync(cancellationToken));
        var cursor = request.Start.Token;
        while (await frames.NextAsync(cancellationToken) is { } frame)
        {
            cursor = frame.Id ?? cursor;
            if (frame.Data is null)
            {
                continue;
            }

            using var json = JsonDocument.Parse(frame.Data);
            if (json.RootElement.TryGetProperty("stream", out var name) && name.GetString() != request.Stream)
            {
                continue;
            }

            // The cursor stands behind all events of its message, so only the last one may carry it.
            var sightings = MessageSightings.Of(json.RootElement, request.Kind).ToList();
            for (var i = 0; i < sightings.Count; i++)
            {
                yield return sightings[i] with { Token = i == sightings.Count - 1 ? cursor : null };
            }
        }

        yield return new Sighting.Disconnected("end of response");
    }
}
