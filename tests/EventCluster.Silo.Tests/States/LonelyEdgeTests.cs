using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using EventCluster.Protocol;
using EventCluster.Silo.Tests.Processes;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using EventCluster.TestKit.Subscribers;
using Xunit;

namespace EventCluster.Silo.Tests.States;

/// <summary>An edge whose cluster is gone, and comes back.</summary>
public sealed class LonelyEdgeTests(SharedServer shared)
{
    private const int MostLines = 300;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// Goal: clients of an edge without owners are told to come back, those with open connections, too, once the owner has been silent
    /// for long (CORRECTNESS rule 27), and they miss nothing. Method: the only backlog silo is killed; another one comes later.
    /// </summary>
    [Fact]
    public async Task Owners_AreGone_AppendsAreToldToComeBackAndReadersMissNothing()
    {
        var settings = shared.NewCluster();
        await using var first = await SiloProcess.StartAsync(settings, Cancellation);
        await using var edge = await SiloProcess.StartAsync(
            settings with { Role = "edge", SiloPort = FreePort.Next(), GatewayPort = FreePort.Next() }, Cancellation);
        using var http = new HttpClient();
        // The edge repeats a creation that got no answer in time, and finds its own stream.
        Assert.Contains(await SendAsync(http, edge, HttpMethod.Put, ""), (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.OK]);
        Assert.Equal(HttpStatusCode.NoContent, await SendAsync(http, edge, HttpMethod.Post, "before"));
        await using var live = FollowAsync(new SubscribeRequest(edge.Url, "s", PayloadKind.Text), Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.Equal("before", await NextEventAsync(live));

        await first.KillAsync();
        using (var refused = await PostAsync(http, edge, "lost", producer: ("p", 0)))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        await using var second = await SiloProcess.StartAsync(settings with { SiloPort = FreePort.Next(), GatewayPort = FreePort.Next() }, Cancellation);
        await UntilAppendedAsync(http, edge, "lost", ("p", 0));
        await UntilAppendedAsync(http, edge, "after", ("p", 1));

        // A few lines of the membership's, and one per call: no loop of stack traces.
        Assert.InRange(edge.Output.Count(c => c == '\n'), 1, MostLines);
        Assert.Equal("lost", await NextEventAsync(live));
        Assert.Equal("after", await NextEventAsync(live));
    }

    private static async Task UntilAppendedAsync(HttpClient http, SiloProcess edge, string text, (string Id, int Sequence) producer)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            using var answer = await PostAsync(http, edge, text, producer);
            if (answer.IsSuccessStatusCode)
            {
                return;
            }

            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Phase.HangGuard, edge.Output);
        }
    }

    private static async Task<string> NextEventAsync(IAsyncEnumerator<string> live)
    {
        await Phase.OfAsync("the client sees an event", live.MoveNextAsync().AsTask());
        return live.Current;
    }

    /// <summary>What a client sees that comes back whenever it is told to, with its last offset.</summary>
    private static async IAsyncEnumerable<string> FollowAsync(
        SubscribeRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            await foreach (var seen in new EventSourceClient().FollowAsync(request, cancellationToken))
            {
                Assert.IsNotType<Sighting.Gap>(seen);
                if (seen is Sighting.Event found)
                {
                    request = request with { Start = SubscribeStart.At(found.Offset) };
                    yield return Encoding.UTF8.GetString(found.Payload.Span);
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }
    }

    private static async Task<HttpStatusCode> SendAsync(HttpClient http, SiloProcess edge, HttpMethod method, string text)
    {
        using var request = new HttpRequestMessage(method, new Uri(edge.Url, "/v1/stream/s"))
        {
            Content = new StringContent(text, Encoding.UTF8, "text/plain"),
        };
        using var answer = await http.SendAsync(request, Cancellation);
        return answer.StatusCode;
    }

    private static async Task<HttpResponseMessage> PostAsync(
        HttpClient http, SiloProcess edge, string text, (string Id, int Sequence) producer)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(edge.Url, "/v1/stream/s"))
        {
            Content = new StringContent(text, Encoding.UTF8, "text/plain"),
        };
        request.Headers.Add(HeaderNames.ProducerId, producer.Id);
        request.Headers.Add(HeaderNames.ProducerEpoch, "0");
        request.Headers.Add(HeaderNames.ProducerSeq, $"{producer.Sequence}");
        return await http.SendAsync(request, Cancellation);
    }
}
