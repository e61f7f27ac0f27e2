using System.Text;
using EventCluster.Protocol;
using EventCluster.TestKit;
using EventCluster.TestKit.Subscribers;
using Xunit;

namespace EventCluster.Conformance.Transports;

/// <summary>
/// What every way to follow a stream must do. It sees the server through URLs only, so a test project derives from it and
/// says which client it is about and how to start a server, or a cluster, with no streams yet.
/// </summary>
public abstract partial class SubscriberTransportConformance : IAsyncLifetime
{
    /// <summary>An open stream with one event, for transports that carry several.</summary>
    protected const string Companion = "companion";

    private SubscriberServer? _server;
    private StreamPublisher? _publisher;

    /// <summary>The transport.</summary>
    protected abstract ISubscriberClient Client { get; }

    /// <summary>The stream under test; where servers are shared each test needs another one.</summary>
    protected virtual string Stream => "s";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private SubscriberServer Server => _server ?? throw new InvalidOperationException("The server runs from the beginning.");

    private StreamPublisher Publisher => _publisher!;

    /// <summary>Starts a server. Called again after the last one stopped, it starts another one over the same streams.</summary>
    protected abstract ValueTask<SubscriberServer> StartServerAsync();

    /// <inheritdoc />
    public virtual async ValueTask InitializeAsync()
    {
        await StartAsync();
        await Publisher.CreateAsync(Companion, "text/plain", Cancellation);
        await Publisher.AppendAsync(Companion, "text/plain", "c"u8.ToArray(), Cancellation);
    }

    /// <inheritdoc />
    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _publisher?.Dispose();
        if (_server is { IsShared: false } server)
        {
            await Phase.OfAsync("server stops", server.StopAsync());
        }
    }

    private async Task StartAsync()
    {
        _server = await StartServerAsync();
        _publisher = new StreamPublisher(Server.Http1);
    }

    private async Task StopAsync()
    {
        var server = Server;
        _server = null;
        _publisher!.Dispose();
        await Phase.OfAsync("server stops", server.StopAsync());
    }

    private bool Has(SubscriberTraits trait) => Client.Traits.HasFlag(trait);

    private Follower Follow(PayloadKind kind, SubscribeStart? start = null, string? onGap = null, bool base64 = false) => new(
        Client,
        new SubscribeRequest(Has(SubscriberTraits.Http2) ? Server.Http2 : Server.Http1, Stream, kind)
        {
            Start = start ?? SubscribeStart.Earliest,
            OnGap = onGap,
            Base64 = base64,
        },
        Cancellation);

    private Task<StreamOffset> CreateAsync(PayloadKind kind, params (string Name, string Value)[] headers) =>
        Publisher.CreateAsync(Stream, TypeOf(kind), Cancellation, headers);

    private async Task<PublishedEvent> PublishAsync(PayloadKind kind, byte[] payload, bool close = false)
    {
        (string, string)[] headers = close ? [(HeaderNames.Closed, "true")] : [];
        return new PublishedEvent(await Publisher.AppendAsync(Stream, TypeOf(kind), payload, Cancellation, headers), payload);
    }

    private async Task<IReadOnlyList<PublishedEvent>> PublishAsync(PayloadKind kind, params IEnumerable<byte[]> payloads)
    {
        var events = new List<PublishedEvent>();
        foreach (var payload in payloads)
        {
            events.Add(await PublishAsync(kind, payload));
        }

        return events;
    }

    /// <summary>Distinct small events of any kind, which are valid JSON, too.</summary>
    private static IEnumerable<byte[]> Numbered(int first, int count) =>
        Enumerable.Range(first, count).Select(i => Encoding.UTF8.GetBytes($"{{\"n\":{i}}}"));

    private static string TypeOf(PayloadKind kind) => kind switch
    {
        PayloadKind.Json => "application/json",
        PayloadKind.Text => "text/plain",
        _ => "application/octet-stream",
    };

    /// <summary>Every event was seen once, in order, byte by byte.</summary>
    private void AssertSeen(IReadOnlyList<PublishedEvent> expected, IEnumerable<Sighting.Event> seen, bool isText = false) =>
        Assert.Null(DeliveryCheck.FirstFault(expected, seen, joinsLineEnds: isText && Has(SubscriberTraits.JoinsLineEnds)));
}
