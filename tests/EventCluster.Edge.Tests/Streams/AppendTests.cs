using EventCluster.Edge.Tests.Server;

namespace EventCluster.Edge.Tests.Streams;

public sealed class AppendTests
{
    private const string Text = "Content-Type: text/plain";

    [Fact]
    public async Task Post_Append_Answers204WithTailAndDurability()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        var answer = await server.SendAsync("POST", "/v1/stream/a", "one", Text);
        Assert.Equal(204, answer.Status);
        Assert.Equal("00000010000000000001", answer["Stream-Next-Offset"]);
        Assert.Equal("memory", answer["Stream-Durability"]);
        Assert.Equal("no-store", answer["Cache-Control"]);
        Assert.Null(answer.Find("Stream-Closed"));
    }

    [Fact]
    public async Task Post_ToMissingStream_SaysWhichPutCreatesIt()
    {
        await using var server = await EdgeServer.StartAsync();
        var answer = await server.SendAsync("POST", "/v1/stream/a%20b/c", "one", Text);
        Assert.Equal((404, "not_found"), (answer.Status, answer.Code));
        Assert.Contains("PUT /v1/stream/a%20b/c", answer.Problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_Producer_AnswersEveryOutcomeOfTheTable()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        Task<Answer> Post(int epoch, int seq) => server.SendAsync(
            "POST", "/v1/stream/a", "x", Text, "Producer-Id: p", $"Producer-Epoch: {epoch}", $"Producer-Seq: {seq}");

        var first = await Post(1, 0);
        Assert.Equal((200, "1", "0"), (first.Status, first["Producer-Epoch"], first["Producer-Seq"]));
        Assert.Equal(200, (await Post(1, 1)).Status);
        var duplicate = await Post(1, 0);
        Assert.Equal((204, "1", "1"), (duplicate.Status, duplicate["Producer-Epoch"], duplicate["Producer-Seq"]));
        var stale = await Post(0, 7);
        Assert.Equal((403, "stale_epoch", "1"), (stale.Status, stale.Code, stale["Producer-Epoch"]));
        var gap = await Post(1, 5);
        Assert.Equal((409, "sequence_gap"), (gap.Status, gap.Code));
        Assert.Equal(("2", "5"), (gap["Producer-Expected-Seq"], gap["Producer-Received-Seq"]));
        var late = await Post(2, 1);
        Assert.Equal((400, "invalid_producer"), (late.Status, late.Code));
        Assert.Equal("00000010000000000002", (await server.SendAsync("HEAD", "/v1/stream/a"))["Stream-Next-Offset"]);
    }

    [Fact]
    public async Task Post_ExpectedOffset_AppendsOnlyAtTheTail()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "one");
        Task<Answer> Post(string expected) =>
            server.SendAsync("POST", "/v1/stream/a", "x", Text, $"Stream-Expected-Offset: {expected}");

        var refused = await Post("00000010000000000000");
        Assert.Equal((412, "tail_mismatch"), (refused.Status, refused.Code));
        Assert.Equal("00000010000000000001", refused["Stream-Next-Offset"]);
        Assert.Equal(204, (await Post("00000010000000000001")).Status);
        var malformed = await Post("now");
        Assert.Equal((400, "invalid_offset"), (malformed.Status, malformed.Code));
    }

    [Fact]
    public async Task Post_ClosedStream_RefusesBeforeAnythingElse()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "one");
        var close = await server.SendAsync("POST", "/v1/stream/a", "last", Text, "Stream-Closed: TRUE");
        Assert.Equal((204, "true"), (close.Status, close["Stream-Closed"]));
        var again = await server.SendAsync("POST", "/v1/stream/a", null, "Stream-Closed: true", "Content-Type: image/png");
        Assert.Equal((204, "true"), (again.Status, again["Stream-Closed"]));
        var refused = await server.SendAsync("POST", "/v1/stream/a", "more", "Content-Type: image/png", "Stream-Seq: 1");
        Assert.Equal((409, "stream_closed", "true"), (refused.Status, refused.Code, refused["Stream-Closed"]));
        Assert.Equal("00000010000000000002", refused["Stream-Next-Offset"]);
    }

    [Fact]
    public async Task Post_Maintenance_TrimsAndSetsRetention()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1,2,3]");
        var trim = await server.SendAsync("POST", "/v1/stream/a", null, "Stream-Trim-Before: 00000010000000000002");
        Assert.Equal((204, "00000010000000000002"), (trim.Status, trim["Stream-Earliest-Offset"]));
        Assert.Equal("[3]", (await server.SendAsync("GET", "/v1/stream/a")).Text);
        var beyond = await server.SendAsync("POST", "/v1/stream/a", null, "Stream-Trim-Before: 00000010000000000004");
        Assert.Equal((400, "invalid_trim"), (beyond.Status, beyond.Code));
        var retain = await server.SendAsync("POST", "/v1/stream/a", null, "Stream-Retain-Events: 5", "Stream-Retain-Age: 60");
        Assert.Equal(204, retain.Status);
        var head = await server.SendAsync("HEAD", "/v1/stream/a");
        Assert.Equal(("5", "60", null), (head["Stream-Retain-Events"], head["Stream-Retain-Age"], head.Find("Stream-Retain-Bytes")));
    }

    /// <summary>Each limit that was set is lifted by its word, alone and at creation; what is set applies again.</summary>
    [Theory]
    [InlineData("Stream-Retain-Events")]
    [InlineData("Stream-Retain-Bytes")]
    [InlineData("Stream-Retain-Age")]
    public async Task Post_RetentionNone_LiftsTheLimit(string header)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1]", $"{header}: 1");
        Assert.Equal(204, (await server.SendAsync("POST", "/v1/stream/a", null, $"{header}: none")).Status);
        Assert.Equal("none", (await server.SendAsync("HEAD", "/v1/stream/a"))[header]);
        await server.AppendAsync("a", "application/json", "[2,3]");
        await server.AppendAsync("a", "application/json", "[4]");
        Assert.Equal("[1,2,3,4]", (await server.SendAsync("GET", "/v1/stream/a")).Text);
        await server.CreateAsync("b", "application/json", "[1]", $"{header}: none");
        Assert.Equal("none", (await server.SendAsync("HEAD", "/v1/stream/b"))[header]);
    }

    [Theory]
    [InlineData("body", "Stream-Trim-Before: 00000010000000000000")]
    [InlineData("body", "Stream-Retain-Events: 1")]
    [InlineData(null, "Stream-Retain-Events: 1\r\nStream-Trim-Before: 00000010000000000000")]
    [InlineData(null, "Stream-Retain-Events: 1\r\nStream-Closed: true")]
    public async Task Post_MaintenanceWithSomethingElse_Is400AndChangesNothing(string? body, string headers)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "one");
        var answer = await server.SendAsync("POST", "/v1/stream/a", body, [Text, .. headers.Split("\r\n")]);
        Assert.Equal((400, "bad_request"), (answer.Status, answer.Code));
        var head = await server.SendAsync("HEAD", "/v1/stream/a");
        Assert.Equal("00000010000000000001", head["Stream-Next-Offset"]);
        Assert.Null(head.Find("Stream-Closed"));
        Assert.Null(head.Find("Stream-Retain-Events"));
    }

    [Theory]
    [InlineData("", "empty_body", 400)]
    [InlineData("[]", "empty_body", 400)]
    [InlineData("[1,", "invalid_body", 400)]
    public async Task Post_NothingToAppend_Is400(string body, string code, int status)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json");
        var answer = await server.SendAsync("POST", "/v1/stream/a", body, "Content-Type: application/json");
        Assert.Equal((status, code), (answer.Status, answer.Code));
    }
}
