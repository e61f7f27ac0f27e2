using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;
using EventCluster.TestKit;
using EventCluster.TestKit.Claims;

namespace EventCluster.Edge.Tests.Instruments;

/// <summary>What clusters of processes are asked with: every way reads from an answer what it claims, neither less nor more.</summary>
public sealed class TailWaysTests
{
    private const string Stream = "asked";

    public static TheoryData<string> Verbs => [.. TailWays.OfEdge("edge", new Uri("http://127.0.0.1:1")).Select(way => way.Verb)];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Ask_OfAClientAtTheTail_ClaimsIt(string verb)
    {
        await using var server = await EdgeServer.StartAsync(clock: TimeProvider.System);
        var tail = await FillAsync(server);
        await using var way = Way(server, verb);

        foreach (var claim in new[] { await AskAsync(way, tail), await AskAsync(way, tail) })
        {
            Assert.Equal(Claim.Tail(tail, OpenOrSilent(verb)), claim);
        }
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Ask_OfAClientBehind_ClaimsTheTail(string verb)
    {
        await using var server = await EdgeServer.StartAsync(clock: TimeProvider.System);
        var tail = await FillAsync(server);
        await using var way = Way(server, verb);
        await AskAsync(way, tail);
        var later = (await server.Directory.GetStream(StreamName.Parse(Stream)).PutAsync("c")).Next;

        Assert.Equal(Claim.Tail(later, OpenOrSilent(verb)), await AskAsync(way, tail));
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Ask_OfAClosedStream_SaysSo(string verb)
    {
        await using var server = await EdgeServer.StartAsync(clock: TimeProvider.System);
        var tail = await FillAsync(server);
        await using var way = Way(server, verb);
        await AskAsync(way, tail);
        await server.Directory.GetStream(StreamName.Parse(Stream)).CloseAsync();

        Assert.Equal(Claim.Tail(tail, OpenOrSilent(verb) is null ? null : true), await AskAsync(way, tail));
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Ask_OfNoStream_SaysSo(string verb)
    {
        await using var server = await EdgeServer.StartAsync(clock: TimeProvider.System);
        await using var way = Way(server, verb);

        Assert.Equal(Claim.Missing, await AskAsync(way, new StreamOffset(1, 0)));
    }

    [Fact]
    public async Task Askers_OfAServer_RecordClaimsInEveryWay()
    {
        await using var server = await EdgeServer.StartAsync(clock: TimeProvider.System);
        var recorder = new ClaimRecorder(TimeProvider.System);
        var creation = recorder.Create(Stream, events: 2);
        var tail = await FillAsync(server);
        creation.Acknowledge(tail);
        var ways = TailWays.OfEdge("edge", server.Url);
        await using var askers = new TailAskers(
            recorder, ways, new Dictionary<string, StreamOffset> { [Stream] = tail }, each: 2, TimeSpan.FromMilliseconds(1), TimeProvider.System);
        await Phase.UntilAsync(
            "each way claims something", () => ways.All(way => recorder.Check().Ways.GetValueOrDefault(way.Name).Claims > 1), Cancel);
        await askers.FinishAsync();

        Assert.Empty(recorder.Check().Faults);
    }

    /// <summary>The instrument can fail: an edge that answers from memory, while another owner has acknowledged an append.</summary>
    [Fact]
    public async Task Askers_OfAServerThatMissedAnAppend_FindItStaleInEveryWay()
    {
        await using var server = await EdgeServer.StartAsync(clock: TimeProvider.System);
        var recorder = new ClaimRecorder(TimeProvider.System);
        var creation = recorder.Create(Stream, events: 2);
        var tail = await FillAsync(server);
        creation.Acknowledge(tail);
        recorder.Append(Stream, events: 1).Acknowledge(tail with { Sequence = tail.Sequence + 1 });
        var ways = TailWays.OfEdge("edge", server.Url);
        await using var askers = new TailAskers(
            recorder, ways, new Dictionary<string, StreamOffset> { [Stream] = tail }, each: 1, TimeSpan.FromMilliseconds(1), TimeProvider.System);
        await Phase.UntilAsync(
            "each way claims something", () => ways.All(way => recorder.Check().Ways.GetValueOrDefault(way.Name).Claims > 0), Cancel);
        await askers.FinishAsync();

        var verdict = recorder.Check();

        Assert.Equal(verdict.Claims, verdict.Count(ClaimFaultKind.Stale));
        Assert.Equal(
            ways.Select(way => way.Name).Order(StringComparer.Ordinal),
            verdict.Faults.Select(fault => fault.Record.Way).Distinct().Order(StringComparer.Ordinal));
    }

    private static async Task<StreamOffset> FillAsync(EdgeServer server)
    {
        var stream = server.Directory.GetStream(StreamName.Parse(Stream));
        await stream.NewAsync(new CreateRequest { ContentType = StreamContentType.Parse("text/plain") });
        return (await stream.PutAsync("a", "b")).Next;
    }

    /// <summary>The first frame of a native event stream names the position only.</summary>
    private static bool? OpenOrSilent(string verb) => verb.StartsWith("EventSource", StringComparison.Ordinal) ? null : false;

    private static TailWay Way(EdgeServer server, string verb) => TailWays.OfEdge("edge", server.Url).Single(way => way.Verb == verb);

    private static async Task<Claim> AskAsync(TailWay way, StreamOffset known) =>
        (await Phase.OfAsync("answer", way.AskAsync(Stream, known, Cancel))).Claim;
}
