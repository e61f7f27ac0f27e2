using System.Runtime.CompilerServices;
using System.Text.Json;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;

namespace EventCluster.TestKit.Subscribers;

/// <summary>The hub at <c>/v1/signalr</c> with SignalR's own .NET client, over one of its transports.</summary>
public sealed class SignalRClient(HttpTransportType transport) : SubscriberClient
{
    /// <inheritdoc />
    public override string Name => $"signalr-{transport}";

    /// <inheritdoc />
    public override SubscriberTraits Traits => SubscriberTraits.AnnouncesMove | SubscriberTraits.Waits;

    /// <inheritdoc />
    protected override async IAsyncEnumerable<Sighting> ReadAsync(
        SubscribeRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = new HubConnectionBuilder().WithUrl(request.UrlOf("/v1/signalr"), transport).Build();
        await connection.StartAsync(cancellationToken);
        var offset = request.Start.Last is null ? request.Start.Offset ?? request.Start.Token : null;
        var options = new Dictionary<string, object?>
        {
            ["last"] = request.Start.Last,
            ["onGap"] = request.OnGap,
            ["encoding"] = request.Base64 ? "base64" : null,
        };
        await using var messages = connection
            .StreamAsync<JsonElement>("Subscribe", request.Stream, offset, options, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        Sighting? last = null;
        while (last is null)
        {
            try
            {
                if (!await messages.MoveNextAsync())
                {
                    last = new Sighting.Disconnected("end of call");
                }
            }
            catch (HubException e)
            {
                last = LastOf(e, request.Kind);
            }

            foreach (var sighting in last is null ? MessageSightings.Of(messages.Current, request.Kind) : [last])
            {
                yield return sighting;
            }
        }
    }

    /// <summary>A refusal is JSON in the text of the exception; any other text is a lost connection.</summary>
    private static Sighting LastOf(HubException exception, PayloadKind kind)
    {
        var start = exception.Message.IndexOf('{', StringComparison.Ordinal);
        if (start < 0)
        {
            return new Sighting.Disconnected(exception.Message);
        }

        using var error = JsonDocument.Parse(exception.Message[start..]);
        return MessageSightings.Of(error.RootElement, kind).Single();
    }
}
