using System.Text;
using EventCluster.Abstractions.Memory;
using EventCluster.Delivery;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Pump;
using EventCluster.Delivery.Timing;
using EventCluster.Edge.Http;
using EventCluster.Edge.Live;
using EventCluster.Edge.Peers;
using EventCluster.Edge.Tests.Feeds;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace EventCluster.Edge.Tests.Pumping;

/// <summary>Live responses of the real transports over feeds, a pump and a virtual clock, without a server in between.</summary>
internal sealed class LiveFixture : IAsyncDisposable, IHostApplicationLifetime
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly FrameWriter _frames = new(new FrameCache(1024 * 1024));
    private readonly EdgeRandom _random = new(new Random(1));

    public LiveFixture(long feedBytes = 1024 * 1024, int pumps = 1)
    {
        Base = new FeedFixture(feedBytes);
        Pumps = new SubscriptionPumps(
            Base.Feeds, Base.Deadlines, Options.Create(new DeliveryOptions { Pumps = pumps }), NullLogger<SubscriptionPump>.Instance,
            start: null, ApplicationStopping);
    }

    public FeedFixture Base { get; }

    public SubscriptionPumps Pumps { get; }

    public PinnedBlocks Pins { get; } = new(new MemoryBudget(1L << 30));

    public CancellationToken ApplicationStarted => CancellationToken.None;

    public CancellationToken ApplicationStopping => _stopping.Token;

    public CancellationToken ApplicationStopped => CancellationToken.None;

    public void StopApplication() => _stopping.Cancel();

    /// <summary>Starts a response; the task ends with it.</summary>
    public Task Start(PipeBody body, string stream, string query, CancellationTokenSource? leave = null)
    {
        Assert.True(ReadQuery.TryParse(query, out var parsed, out _));
        var context = new DefaultHttpContext { RequestAborted = leave?.Token ?? CancellationToken.None };
        context.Features.Set<IHttpResponseBodyFeature>(body);
        var name = StreamName.Parse(stream);
        var options = Options.Create(new EdgeOptions { SseLifetime = TimeSpan.FromHours(1) });
        var peers = new PeerWatcher(new TcpInfoProbe(), Base.Deadlines);
        ISubscriberTransport transport = parsed.Live == LiveMode.Sse
            ? new DurableSseTransport(
                options, Base.Feeds, Pumps, Base.Deadlines, _frames, Pins, new LiveCursor(Base.Clock, _random), peers, this)
            : new EventSourceTransport(options, Base.Feeds, new MissingStreams(Base, Base.Clock), Pumps, Base.Deadlines, _frames, Pins, peers, _random, this);
        return transport.RunAsync(new ReadOperation(context, name, parsed, parsed.Start, IsReconnect: false, Base.GetStream(name), Base.Clock));
    }

    /// <summary>Reads what is there, and waits until the text so far satisfies a condition.</summary>
    public static async Task<string> ReadUntilAsync(PipeBody body, StringBuilder text, Func<string, bool> reached)
    {
        using var guard = new CancellationTokenSource(TestKit.Phase.HangGuard);
        while (!reached(text.ToString()))
        {
            var read = await body.Reader.ReadAsync(guard.Token);
            foreach (var piece in read.Buffer)
            {
                text.Append(Encoding.UTF8.GetString(piece.Span));
            }

            body.Reader.AdvanceTo(read.Buffer.End);
        }

        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Pumps.Dispose();
        await Base.DisposeAsync();
        _stopping.Dispose();
    }
}
