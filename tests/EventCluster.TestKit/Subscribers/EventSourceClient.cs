using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using EventCluster.Protocol;

namespace EventCluster.TestKit.Subscribers;

/// <summary>Native EventSource framing, resumed by <c>Last-Event-ID</c>.</summary>
public sealed class EventSourceClient(bool http2 = false) : SubscriberClient
{
    /// <inheritdoc />
    public override string Name => http2 ? "eventsource-h2" : "eventsource";

    /// <inheritdoc />
    public override SubscriberTraits Traits =>
        SubscriberTraits.AnnouncesMove | SubscriberTraits.JoinsLineEnds | SubscriberTraits.Waits
        | (http2 ? SubscriberTraits.Http2 : SubscriberTraits.None);

    /// <inheritdoc />
    protected override async IAsyncEnumerable<Sighting> ReadAsync(
        SubscribeRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var http = NewHttp();
        using var message = new HttpRequestMessage(HttpMethod.Get, request.UrlOf($"{request.Path}?{request.Query}"))
        {
            Version = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        message.Headers.Accept.ParseAdd("text/event-stream");
        if (request.Start.Token is { } token)
        {
            // A browser repeats the URL that it began with; the header wins.
            message.RequestUri = request.UrlOf($"{request.Path}?{(request with { Start = SubscribeStart.Earliest }).Query}");
            message.Headers.TryAddWithoutValidation("Last-Event-ID", token);
        }

        using var answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (answer.StatusCode == HttpStatusCode.NoContent)
        {
            yield return new Sighting.End(StreamOffset.Parse(request.Start.Token));
            yield break;
        }

        if (answer.StatusCode != HttpStatusCode.OK)
        {
            yield return await RefusalAsync(answer, cancellationToken);
            yield break;
        }

        using var frames = new EventStreamReader(await answer.Content.ReadAsStreamAsync(cancellationToken));
        while (await frames.NextAsync(cancellationToken) is { } frame)
        {
            yield return SightingOf(frame, request);
        }

        yield return new Sighting.Disconnected("end of response");
    }

    private static Sighting SightingOf(EventStreamFrame frame, SubscribeRequest request)
    {
        if (frame.Id is null)
        {
            return frame is { Data: null, Retry: { } delay }
                ? new Sighting.Move(delay)
                : throw new InvalidDataException($"A frame without an id: {frame}");
        }

        var offset = StreamOffset.Parse(frame.Id);
        if (frame.Data is not { } data)
        {
            return new Sighting.Position(offset) { Token = frame.Id };
        }

        switch (frame.Type)
        {
            case "message":
                var payload = request.Base64 || request.Kind == PayloadKind.Binary
                    ? Convert.FromBase64String(data)
                    : Encoding.UTF8.GetBytes(data);
                return new Sighting.Event(offset, payload) { Token = frame.Id };
            case "gap":
                using (var gap = JsonDocument.Parse(data))
                {
                    return GapOf(gap.RootElement, offset);
                }

            case "end":
                return new Sighting.End(offset) { Token = frame.Id };
            default:
                throw new InvalidDataException($"An unknown event: {frame}");
        }
    }
}
