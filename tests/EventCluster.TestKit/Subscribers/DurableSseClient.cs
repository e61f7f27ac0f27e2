using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using EventCluster.Protocol;

namespace EventCluster.TestKit.Subscribers;

/// <summary><c>live=sse</c> of Durable Streams: data events, each with a control event after it.</summary>
public sealed class DurableSseClient : SubscriberClient
{
    /// <inheritdoc />
    public override string Name => "durable-sse";

    /// <inheritdoc />
    public override SubscriberTraits Traits =>
        SubscriberTraits.GapEndsIt | SubscriberTraits.JoinsLineEnds | SubscriberTraits.Waits;

    /// <inheritdoc />
    protected override async IAsyncEnumerable<Sighting> ReadAsync(
        SubscribeRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var http = NewHttp();
        using var answer = await http.GetAsync(
            request.UrlOf($"{request.Path}?live=sse&{request.Query}"), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            yield return await RefusalAsync(answer, cancellationToken);
            yield break;
        }

        var isBase64 = answer.Headers.TryGetValues(HeaderNames.SseDataEncoding, out var encoding) && encoding.Single() == "base64";
        using var frames = new EventStreamReader(await answer.Content.ReadAsStreamAsync(cancellationToken));
        byte[]? run = null;
        var before = StreamOffset.TryParse(request.Start.Offset ?? request.Start.Token, out var start) ? start : (StreamOffset?)null;
        while (await frames.NextAsync(cancellationToken) is { } frame)
        {
            switch (frame.Type, run)
            {
                case ("data", null):
                    run = isBase64 ? Convert.FromBase64String(frame.Data!) : Encoding.UTF8.GetBytes(frame.Data!);
                    continue;
                case ("control", _):
                    break;
                default:
                    throw new InvalidDataException($"An unexpected event: {frame}");
            }

            using var control = JsonDocument.Parse(frame.Data!);
            var next = OffsetOf(control.RootElement, "streamNextOffset");
            foreach (var sighting in EventsOf(run ?? "[]"u8.ToArray(), run is null ? PayloadKind.Json : request.Kind, next, before))
            {
                yield return sighting;
            }

            (run, before) = (null, next);
            yield return control.RootElement.TryGetProperty("streamClosed", out _)
                ? new Sighting.End(next) { Token = next.ToString() }
                : new Sighting.Position(next) { Token = next.ToString() };
        }

        yield return new Sighting.Disconnected("end of response");
    }
}
