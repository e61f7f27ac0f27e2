using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using EventCluster.Cluster.Tests.Servers;
using EventCluster.TestKit;

namespace EventCluster.Cluster.Tests.LoadBalancing;

/// <summary>What <c>infra/nginx.conf</c> answers itself, and which edge it chooses.</summary>
public sealed class LoadBalancerTests(SharedCluster cluster) : IDisposable
{
    /// <summary>Without stickiness each of them has an even chance to reach the other edge.</summary>
    private const int Connections = 12;

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = cluster.Url };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _http.Dispose();

    [Theory]
    [InlineData("GET", "/v1/admin/streams")]
    [InlineData("POST", "/v1/admin/backup?to=copy")]
    [InlineData("GET", "/v1/%61dmin/owned")]
    public async Task Request_OfAnAdminPath_IsRefusedWithAProblem(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await _http.SendAsync(request, Token);

        await AssertProblemAsync(answer, HttpStatusCode.Forbidden, "loopback_only");
    }

    [Fact]
    public async Task Append_WithABodyAboveTheLimit_IsRefusedWithAProblem()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/stream/large") { Content = new ByteArrayContent(new byte[(9 << 20) + 1]) };

        // The refusal comes before the body, which is then not sent: a connection that is closed under it could lose the answer.
        request.Headers.ExpectContinue = true;
        using var answer = await _http.SendAsync(request, Token);

        await AssertProblemAsync(answer, HttpStatusCode.RequestEntityTooLarge, "too_large");
    }

    [Theory]
    [InlineData("GET", "unavailable")]
    [InlineData("POST", "outcome_unknown")]
    public async Task Request_ThatNoEdgeAnswers_IsToldToComeBackAndWhatIsUnknown(string method, string code)
    {
        await using var lonely = await LonelyLoadBalancer.StartAsync(Token);
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(lonely.Url, "/v1/stream/s"));
        using var answer = await _http.SendAsync(request, Token);

        await AssertProblemAsync(answer, HttpStatusCode.ServiceUnavailable, code);
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task RequestsOfASignalRConnection_ReachOneEdge()
    {
        // Two edges, whatever tests before this one left.
        Assert.True((await cluster.EdgesAsync()).Count > 1);
        for (var i = 0; i < Connections; i++)
        {
            using var negotiation = await _http.PostAsync("/v1/signalr/negotiate?negotiateVersion=1", content: null, Token);
            var connection = await negotiation.Content.ReadFromJsonAsync<JsonElement>(Token);
            var address = $"/v1/signalr?id={connection.GetProperty("connectionToken").GetString()}";

            // The first poll of a connection is answered at once.
            using var poll = await _http.GetAsync(address, Token);
            using var end = await _http.DeleteAsync(address, Token);

            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Accepted), (poll.StatusCode, end.StatusCode));
        }
    }

    /// <summary>As many streams as may be, with names as long as may be, every byte percent-encoded: the longest URL that is documented.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Streams_LongestListOfNames_PassesTheLoadBalancer(bool http2)
    {
        await using var single = await LonelyLoadBalancer.StartAsync(Token, (await cluster.EdgesAsync())[0]);
        var names = Enumerable.Range(0, 64).Select(static i => $"{i:d2}{new string('\u00fc', 255)}").ToArray();
        foreach (var name in names)
        {
            using var made = await _http.PutAsync($"/v1/stream/{Uri.EscapeDataString(name)}", content: null, Token);
            Assert.True(made.IsSuccessStatusCode);
        }

        var query = string.Join('&', names.Select(static name =>
            $"stream={string.Concat(Encoding.UTF8.GetBytes(name).Select(static b => $"%{b:X2}"))}&offset=-1"));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(http2 ? single.Http2Url : single.Url, $"/v1/streams?{query}"))
        {
            Version = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Token));
        var missing = names.ToHashSet(StringComparer.Ordinal);
        while (missing.Count > 0)
        {
            var line = await Phase.OfAsync("all streams are there", reader.ReadLineAsync(Token).AsTask());
            Assert.NotNull(line);
            missing.RemoveWhere(name => line.Contains(name, StringComparison.Ordinal));
        }
    }

    private static async Task AssertProblemAsync(HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        Assert.Equal((status, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal($"urn:eventcluster:error:{code}", problem.GetProperty("type").GetString());
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.NotEqual("", problem.GetProperty("title").GetString());
        Assert.NotEqual("", problem.GetProperty("detail").GetString());
    }
}
