using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using EventCluster.Protocol;

namespace EventCluster.TestKit.Subscribers;

/// <summary>
/// Short polls with <c>If-None-Match</c> and a pause, or long-polls with <c>cursor</c>; both begin with a plain read, as
/// published clients do.
/// </summary>
public sealed class PollClient(bool isLong) : SubscriberClient
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <inheritdoc />
    public override string Name => isLong ? "long-poll" : "short-poll";

    /// <inheritdoc />
    public override SubscriberTraits Traits =>
        SubscriberTraits.GapEndsIt | (isLong ? SubscriberTraits.Waits : SubscriberTraits.None);

    /// <inheritdoc />
    protected override async IAsyncEnumerable<Sighting> ReadAsync(
        SubscribeRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var http = NewHttp();
        var query = $"{request.Path}?{request.Query}";
        var before = StreamOffset.TryParse(request.Start.Offset ?? request.Start.Token, out var start) ? start : (StreamOffset?)null;
        string? tag = null;
        while (true)
        {
            using var message = new HttpRequestMessage(HttpMethod.Get, request.UrlOf(query));
            if (tag is not null)
            {
                message.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Parse(tag));
            }

            using var answer = await http.SendAsync(message, cancellationToken);
            if (answer.StatusCode == HttpStatusCode.NotModified)
            {
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
                continue;
            }

            if (answer.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.NoContent))
            {
                yield return await RefusalAsync(answer, cancellationToken);
                yield break;
            }

            var next = StreamOffset.Parse(Header(answer, HeaderNames.NextOffset));
            if (answer.StatusCode == HttpStatusCode.OK)
            {
                var run = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
                foreach (var sighting in EventsOf(run, request.Kind, next, before))
                {
                    yield return sighting;
                }
            }

            yield return Header(answer, HeaderNames.Closed) == "true"
                ? new Sighting.End(next) { Token = next.ToString() }
                : new Sighting.Position(next) { Token = next.ToString() };
            var isUpToDate = Header(answer, HeaderNames.UpToDate) == "true";
            tag = !isLong && next == before ? answer.Headers.ETag?.ToString() : null;
            before = next;
            var cursor = Header(answer, HeaderNames.Cursor) is { } text ? $"&cursor={text}" : "";
            query = $"{request.Path}?offset={next}{(isLong && isUpToDate ? $"&live=long-poll{cursor}" : "")}";
            if (!isLong && isUpToDate)
            {
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            }
        }
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.Single() : null;
}
