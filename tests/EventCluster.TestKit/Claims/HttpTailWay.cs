using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using EventCluster.Protocol;

namespace EventCluster.TestKit.Claims;

/// <summary>A request of HTTP whose answer is complete: HEAD, the GETs, the long-poll.</summary>
internal sealed class HttpTailWay(HttpClient http, string node, Uri server, HttpTailVerb asks) : TailWay(node, asks.Name)
{
    /// <summary>What the last answer with a tag claimed: a 304 claims it again.</summary>
    private readonly ConcurrentDictionary<string, (string Tag, StreamOffset From, Claim Claim)> _tagged = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public override async Task<TailAnswer> AskAsync(string stream, StreamOffset known, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(asks.Method, new Uri(server, $"/v1/stream/{stream}{asks.Query(known)}"));
        if (asks.IsConditional && _tagged.TryGetValue(stream, out var tagged) && tagged.From == known)
        {
            request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Parse(tagged.Tag));
        }
        else
        {
            tagged = default;
        }

        using var answer = await http.SendAsync(request, cancellationToken);
        switch (answer.StatusCode)
        {
            case HttpStatusCode.NotModified when tagged.Tag is not null:
                return new TailAnswer(tagged.Claim);
            case HttpStatusCode.OK or HttpStatusCode.NoContent:
                break;
            case HttpStatusCode.NotFound or HttpStatusCode.Gone when asks.Method == HttpMethod.Head:
                return new TailAnswer(Claim.Missing);
            case HttpStatusCode.NotFound or HttpStatusCode.Gone:
                // A problem says in the same words as a message whether it is the stream that is gone, or the position.
                return new TailAnswer(MessageClaims.Of(await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)));
            case HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout:
                return TailAnswer.None;
            default:
                throw new InvalidDataException($"{Name} of {stream} at {known}: {(int)answer.StatusCode} "
                    + await answer.Content.ReadAsStringAsync(cancellationToken));
        }

        var claim = Of(answer);
        if (asks.IsConditional && answer.Headers.ETag is { } tag && claim.Kind == ClaimKind.Tail)
        {
            _tagged[stream] = ($"{tag}", known, claim);
        }

        // A wait in which something came, or that the end of the stream cut short, may have ended at any time.
        return new TailAnswer(claim, answer.StatusCode == HttpStatusCode.NoContent && claim.IsClosed is not true ? asks.Wait : default);
    }

    private Claim Of(HttpResponseMessage answer)
    {
        var next = Header(answer, HeaderNames.NextOffset) is { } text ? StreamOffset.Parse(text) : throw new InvalidDataException(
            $"{Name}: {(int)answer.StatusCode} without {HeaderNames.NextOffset}");
        return asks.Method == HttpMethod.Head || Header(answer, HeaderNames.UpToDate) == "true"
            ? Claim.Tail(next, Header(answer, HeaderNames.Closed) == "true")
            : Claim.Reached(next);
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.Single() : null;
}
