using System.Net;
using System.Text.Json;
using EventCluster.Protocol;
using EventCluster.TestKit.Subscribers;

namespace EventCluster.TestKit.Claims;

/// <summary>
/// The first claim of an event stream that begins at the tail: <c>live=sse</c> says up to date, a native one names its
/// position. What follows is the feed's and not asked here.
/// </summary>
internal sealed class EventStreamTailWay(HttpClient http, string node, Uri server, bool isNative)
    : TailWay(node, isNative ? "EventSource now" : "live=sse now")
{
    /// <inheritdoc />
    public override async Task<TailAnswer> AskAsync(string stream, StreamOffset known, CancellationToken cancellationToken)
    {
        var live = isNative ? "eventsource" : "sse";
        using var answer = await http.GetAsync(
            new Uri(server, $"/v1/stream/{stream}?live={live}&offset=now"), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        switch (answer.StatusCode)
        {
            case HttpStatusCode.OK:
                break;
            case HttpStatusCode.NotFound or HttpStatusCode.Gone:
                return new TailAnswer(Claim.Missing);
            case HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout:
                return TailAnswer.None;
            case HttpStatusCode.NoContent when isNative:
                // A closed stream that has nothing more: it names no position.
                return TailAnswer.None;
            default:
                throw new InvalidDataException($"{Name} of {stream}: {(int)answer.StatusCode}");
        }

        using var frames = new EventStreamReader(await answer.Content.ReadAsStreamAsync(cancellationToken));
        while (await frames.NextAsync(cancellationToken) is { } frame)
        {
            if ((isNative ? OfNative(frame) : OfControl(frame)) is { } claim)
            {
                return new TailAnswer(claim);
            }
        }

        return TailAnswer.None;
    }

    /// <summary>The first frame with an id carries the position of <c>now</c>; whether the stream is closed a later one says.</summary>
    private static Claim? OfNative(EventStreamFrame frame) =>
        frame is { Id: { } id, Data: null } && StreamOffset.TryParse(id, out var position) ? Claim.Tail(position, isClosed: null) : null;

    private static Claim? OfControl(EventStreamFrame frame)
    {
        if (frame.Type != "control")
        {
            return null;
        }

        using var control = JsonDocument.Parse(frame.Data!);
        var next = StreamOffset.Parse(control.RootElement.GetProperty("streamNextOffset").GetString());
        return control.RootElement.TryGetProperty("upToDate", out _)
            ? Claim.Tail(next, control.RootElement.TryGetProperty("streamClosed", out _))
            : Claim.Reached(next);
    }
}
