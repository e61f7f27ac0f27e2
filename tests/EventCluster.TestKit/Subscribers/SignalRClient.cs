using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace EventCluster.TestKit.Subscribers;

/// <summary>The hub at <c>/v1/signalr</c> over one of SignalR's transports.</summary>
public sealed class SignalRClient(HttpTransportType transport) : SubscriberClient
{
    private const int DeepestJson = 200;

    /// <summary>A client that polls says good-bye with a request, which a lost network never answers.</summary>
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(1);

    /// <inheritdoc />
    public override string Name => $"signalr-{transport}";

    /// <inheritdoc />
    public override SubscriberTraits Traits => SubscriberTraits.AnnouncesMove | SubscriberTraits.Waits;

    /// <inheritdoc />
    protected override async IAsyncEnumerable<Sighting> ReadAsync(
        SubscribeRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var connection = new HubConnectionBuilder()
            .WithUrl(request.UrlOf("/v1/signalr"), transport)
            .AddJsonProtocol(json => json.PayloadSerializerOptions.MaxDepth = DeepestJson)
            .Build();
        try
        {
            // The library may wait for a lost network before it heeds a cancellation, so each wait is given up here.
            await connection.StartAsync(cancellationToken).WaitAsync(cancellationToken);
            var options = new { last = request.Start.Last, onGap = request.OnGap, encoding = request.Base64 ? "base64" : null };
            var items = connection.StreamAsync<JsonElement>(
                "Subscribe", request.Stream, request.Start.Offset ?? request.Start.Token, options, cancellationToken);
            var messages = items.GetAsyncEnumerator(cancellationToken);
            while (true)
            {
                JsonElement message;
                try
                {
                    if (!await messages.MoveNextAsync().AsTask().WaitAsync(cancellationToken))
                    {
                        break;
                    }

                    message = messages.Current;
                }
                catch (HubException e) when (e.Message.Contains('{', StringComparison.Ordinal))
                {
                    message = JsonSerializer.Deserialize<JsonElement>(e.Message[e.Message.IndexOf('{', StringComparison.Ordinal)..]);
                }

                foreach (var sighting in MessageSightings.Of(message, request.Kind))
                {
                    yield return sighting;
                }
            }

            yield return new Sighting.Disconnected("end of call");
        }
        finally
        {
            await Task.WhenAny(
                connection.DisposeAsync().AsTask(), Task.Delay(LongestFarewell, TimeProvider.System, CancellationToken.None));
        }
    }

    /// <inheritdoc />
    protected override bool IsLostConnection(Exception e) =>
        e is HubException or TimeoutException or AggregateException or InvalidOperationException || base.IsLostConnection(e);
}
