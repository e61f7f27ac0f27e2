using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Claims;

/// <summary>
/// CORRECTNESS rule 27, from outside: on every way in, what an edge says about now is true although the owner that it asks was
/// replaced, feeds and caches here are full of what was before, or the store does not answer.
/// </summary>
public sealed class TailClaimTests
{
    private static readonly Dictionary<string, Func<IStreamHandle, Task>> Situations = new()
    {
        ["appended"] = async other => await other.PutAsync("elsewhere"),
        ["closed"] = async other => await other.CloseAsync(),
        ["deleted"] = async other => await other.DeleteAsync(Cancel),
        ["recreated"] = async other =>
        {
            await other.DeleteAsync(Cancel);
            await other.NewAsync(new CreateRequest { ContentType = StreamContentType.Parse("text/plain") });
            await other.PutAsync("new");
        },
        ["trimmed"] = async other => await other.TrimAsync((await other.StateAsync()).Tail, Cancel),
    };

    public static TheoryData<string, string, bool> Stale
    {
        get
        {
            var cases = new TheoryData<string, string, bool>();
            foreach (var way in Ways.All.Keys)
            {
                foreach (var situation in Situations.Keys)
                {
                    cases.Add(way, situation, false);
                    cases.Add(way, situation, true);
                }
            }

            return cases;
        }
    }

    public static TheoryData<string, bool> AllWays
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (var way in Ways.All.Keys)
            {
                cases.Add(way, false);
                cases.Add(way, true);
            }

            return cases;
        }
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Stale))]
    public async Task ReplacedOwner_TheAnswerIsTrue(string way, string situation, bool isFollowed)
    {
        await using var scene = await Scene.StartAsync(isFollowed);
        var other = scene.Owners.Elsewhere("s");
        await Situations[situation](other);
        var truth = await other.DescribeAsync(Cancel) is DescribeOutcome.Found { Descriptor: var descriptor } ? descriptor : null;

        // A block behind the tail may be served for a second after its stream is gone.
        scene.Server.Time.Advance(TimeSpan.FromSeconds(1.5));
        var claim = await Ways.All[way](scene.Server, scene.Tail, scene.Tag);

        Assert.NotEqual(503, claim.Status);
        if (truth is null)
        {
            Assert.Equal((404, null), (claim.Status, claim.Tail));
        }
        else if (claim.Status != 410)
        {
            // The composite connection claims nothing while nothing happens.
            Assert.Equal(claim.Tail is null && way == "composite" ? null : truth.Tail.ToString(), claim.Tail);
            Assert.True(truth.Closed || !claim.IsClosed, "It is not closed.");
        }
        else
        {
            Assert.Equal("recreated", situation);
        }
    }

    [Theory]
    [MemberData(nameof(AllWays))]
    public async Task StoreUnreachable_NothingIsClaimed(string way, bool isFollowed)
    {
        await using var scene = await Scene.StartAsync(isFollowed);
        scene.Server.Time.Advance(TimeSpan.FromSeconds(1.5));
        scene.Owners.Store.IsUnreachable = true;

        var claim = await Ways.All[way](scene.Server, scene.Tail, scene.Tag);

        Assert.Null(claim.Tail);
        Assert.True(claim.Status == 200 || claim is { Status: 503, RetryAfter: true }, claim.ToString());
        if (way.EndsWith("from the start", StringComparison.Ordinal))
        {
            Assert.Equal(200, claim.Status);
        }
    }

    [Theory]
    [InlineData("?live=sse&offset=now", "")]
    [InlineData("?offset=now", "Accept: text/event-stream")]
    public async Task LiveReader_WhoseOwnerDoesNotConfirm_IsToldToComeBack(string query, string header)
    {
        await using var scene = await Scene.StartAsync(isFollowed: false);
        using var reader = await RawConnection.OpenAsync(scene.Server.Port);
        await reader.WriteRequestAsync("GET", "/v1/stream/s" + query, null, header.Length == 0 ? [] : [header]);
        await reader.ReadHeadAsync();
        await scene.Server.LiveAsync(1);
        scene.Owners.Store.IsUnreachable = true;

        var ended = reader.ReadToEndAsync();
        var text = await scene.Server.AdvanceUntilAsync("the response ends", ended);
        Assert.Equal(header.Length > 0, text.Contains("retry:", StringComparison.Ordinal));
    }

    /// <summary>A stream on an edge, and an owner that knows it well.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private RawConnection? _follower;

        private Scene(EdgeServer server, TwoOwners owners) => (Server, Owners) = (server, owners);

        public EdgeServer Server { get; }

        public TwoOwners Owners { get; }

        public string Tail { get; private set; } = "";

        public string Tag { get; private set; } = "";

        /// <summary>Starts it; followed by a reader, so that a feed holds what was.</summary>
        public static async Task<Scene> StartAsync(bool isFollowed)
        {
            var clock = new VirtualTimeProvider { FiresWhenOverdue = true };
            var owners = new TwoOwners(clock);
            var server = await EdgeServer.StartAsync(front: owners, clock: clock);
            var scene = new Scene(server, owners);
            await server.CreateAsync("s", "text/plain", "first");
            await server.AppendAsync("s", "text/plain", "second");
            scene.Tail = await server.AppendAsync("s", "text/plain", "third");
            scene.Tag = (await server.SendAsync("GET", $"/v1/stream/s?offset={scene.Tail}"))["ETag"];
            if (isFollowed)
            {
                scene._follower = await RawConnection.OpenAsync(server.Port);
                await scene._follower.WriteRequestAsync("GET", "/v1/stream/s?offset=-1", null, "Accept: text/event-stream");
                Assert.Equal(200, (await scene._follower.ReadHeadAsync()).Status);
                await scene._follower.ReadUntilAsync("data: third\n\n");
                await server.LiveAsync(1);
            }

            return scene;
        }

        public async ValueTask DisposeAsync()
        {
            _follower?.Dispose();
            await Server.DisposeAsync();
            await Owners.DisposeAsync();
        }
    }
}
