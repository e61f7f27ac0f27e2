using System.Net;
using System.Text.Json;
using EventCluster.Protocol;

namespace EventCluster.TestKit.Claims;

/// <summary>The stream's row in the listing.</summary>
internal sealed class ListingTailWay(HttpClient http, string node, Uri server) : TailWay(node, "listing")
{
    /// <inheritdoc />
    public override async Task<TailAnswer> AskAsync(string stream, StreamOffset known, CancellationToken cancellationToken)
    {
        using var answer = await http.GetAsync(new Uri(server, $"/v1/admin/streams?prefix={stream}&limit=1"), cancellationToken);
        if (answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout)
        {
            return TailAnswer.None;
        }

        var body = await answer.Content.ReadAsStringAsync(cancellationToken);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            throw new InvalidDataException($"{Name} of {stream}: {(int)answer.StatusCode} {body}");
        }

        using var page = JsonDocument.Parse(body);
        var rows = page.RootElement.GetProperty("streams");

        // The first with the prefix is the stream itself, because its name is the shortest of them.
        return rows.GetArrayLength() == 0 || rows[0].GetProperty("name").GetString() != stream
            ? new TailAnswer(Claim.Missing)
            : new TailAnswer(MessageClaims.Of(rows[0]));
    }
}
