using System.Text;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;

namespace EventCluster.Edge.Tests.Streams;

public sealed class CatchUpTests
{
    [Fact]
    public async Task Get_Json_IsAnArrayOfTheOriginalTexts()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json");
        Assert.Equal("[]", (await server.SendAsync("GET", "/v1/stream/a")).Text);
        await server.AppendAsync("a", "application/json", "[ {\"b\": 1.0} , [2]]");
        await server.AppendAsync("a", "application/json", "\"ä\\u00e4\"");
        var answer = await server.SendAsync("GET", "/v1/stream/a");
        Assert.Equal("[{\"b\": 1.0},[2],\"ä\\u00e4\"]", answer.Text);
        Assert.Equal("application/json", answer["Content-Type"]);
        Assert.Equal(("true", null), (answer["Stream-Up-To-Date"], answer.Find("Stream-Closed")));
    }

    [Fact]
    public async Task Get_Pages_ConcatenateToTheWholeWithoutGapOrDuplicate()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json");
        for (var i = 0; i < 10; i++)
        {
            await server.AppendAsync("a", "application/json", $"[{string.Join(',', Enumerable.Range(i * 7, 7))}]");
        }

        var (offset, seen, pages) = ("-1", new List<string>(), 0);
        while (true)
        {
            var answer = await server.SendAsync("GET", $"/v1/stream/a?offset={offset}&limit=9");
            seen.AddRange(answer.Text.Trim('[', ']').Split(',', StringSplitOptions.RemoveEmptyEntries));
            offset = answer["Stream-Next-Offset"];
            pages++;
            if (answer.Find("Stream-Up-To-Date") is not null)
            {
                break;
            }
        }

        Assert.Equal(8, pages);
        Assert.Equal(Enumerable.Range(0, 70).Select(i => i.ToString()), seen);
    }

    [Fact]
    public async Task Get_MoreThanOneAnswer_IsBoundedAndByteExact()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/octet-stream");
        var random = new Random(3);
        var all = new MemoryStream();
        using var writer = await RawConnection.OpenAsync(server.Port);
        for (var i = 0; i < 7; i++)
        {
            var body = new byte[300_000];
            random.NextBytes(body);
            all.Write(body);
            Assert.Equal(204, (await writer.SendAsync("POST", "/v1/stream/a", body, "Content-Type: application/octet-stream")).Status);
        }

        var (offset, read) = ("-1", new MemoryStream());
        while (read.Length < all.Length)
        {
            var answer = await server.SendAsync("GET", $"/v1/stream/a?offset={offset}");
            Assert.InRange(answer.Body.Length, 1, ProtocolLimits.MaxReadAnswerBytes);
            read.Write(answer.Body);
            offset = answer["Stream-Next-Offset"];
        }

        Assert.Equal(all.ToArray(), read.ToArray());
    }

    [Fact]
    public async Task Get_JsonOfSeveralBlocksInOneAnswer_IsOneArrayOfAllOfThem()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json");
        var texts = Enumerable.Range(0, 30).Select(i => $"\"{i}{new string((char)('a' + (i % 26)), 9_000)}\"").ToArray();
        foreach (var chunk in texts.Chunk(3))
        {
            await server.AppendAsync("a", "application/json", $"[{string.Join(',', chunk)}]");
        }

        var answer = await server.SendAsync("GET", "/v1/stream/a");

        Assert.Equal("true", answer["Stream-Up-To-Date"]);
        Assert.Equal($"[{string.Join(',', texts)}]", answer.Text);
    }

    [Fact]
    public async Task Get_LargestEvent_IsReturnedWholeInJson()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1]");
        var large = $"\"{new string('x', ProtocolLimits.MaxEventBytes - 2)}\"";
        await server.AppendAsync("a", "application/json", large);
        var answer = await server.SendAsync("GET", "/v1/stream/a?offset=00000010000000000001");
        Assert.Equal($"[{large}]", answer.Text);
    }

    [Theory]
    [InlineData("last=1", "[3]")]
    [InlineData("last=2", "[2,3]")]
    [InlineData("last=10000", "[1,2,3]")]
    [InlineData("offset=now", "[]")]
    public async Task Get_RelativeToTheTail_BeginsThere(string query, string expected)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1,2,3]");
        var answer = await server.SendAsync("GET", "/v1/stream/a?" + query);
        Assert.Equal((expected, "00000010000000000003"), (answer.Text, answer["Stream-Next-Offset"]));
        Assert.Equal("true", answer["Stream-Up-To-Date"]);
    }

    [Theory]
    [InlineData("last=1")]
    [InlineData("last=10000")]
    [InlineData("offset=-1")]
    [InlineData("")]
    public async Task Get_StartThatIsNoPosition_IsNeverAGapAfterATrim(string query)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1,2,3]");
        await server.SendAsync("POST", "/v1/stream/a", null, "Stream-Trim-Before: 00000010000000000002");
        Assert.Equal("[3]", (await server.SendAsync("GET", "/v1/stream/a?" + query)).Text);
    }

    /// <summary>CORRECTNESS rule 15: a cached block is never an answer by itself.</summary>
    [Fact]
    public async Task Get_LongBacklog_IsSharedYetAdmittedAnewEachTime()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", $"[{string.Join(',', Enumerable.Range(0, 300))}]");
        for (var i = 0; i < 5; i++)
        {
            var answer = await server.SendAsync("GET", "/v1/stream/a?offset=-1");
            Assert.Equal($"[{string.Join(',', Enumerable.Range(0, 300))}]", answer.Text);
        }

        Assert.Equal(1, server.Blocks.Loads);
        await server.SendAsync("POST", "/v1/stream/a", null, "Stream-Trim-Before: 00000010000000000064");
        Assert.Equal(410, (await server.SendAsync("GET", "/v1/stream/a?offset=00000010000000000001")).Status);
        Assert.StartsWith("[196,197,", (await server.SendAsync("GET", "/v1/stream/a")).Text, StringComparison.Ordinal);
        await server.SendAsync("DELETE", "/v1/stream/a");
        Assert.Equal(404, (await server.SendAsync("GET", "/v1/stream/a?offset=-1")).Status);
        await server.CreateAsync("a", "application/json", $"[{string.Join(',', Enumerable.Range(1000, 300))}]");
        Assert.Equal(410, (await server.SendAsync("GET", "/v1/stream/a?offset=00000010000000000001")).Status);
        Assert.StartsWith("[1000,1001,", (await server.SendAsync("GET", "/v1/stream/a")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_Text_IsTheBytesEndToEnd()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain;charset=utf-8", "one\r\n");
        await server.AppendAsync("a", "text/plain", "zw\u00f6lf");
        var answer = await server.SendAsync("GET", "/v1/stream/a");
        Assert.Equal(Encoding.UTF8.GetBytes("one\r\nzwölf"), answer.Body);
        Assert.Equal("text/plain;charset=utf-8", answer["Content-Type"]);
    }

    [Fact]
    public async Task Head_Describes_WithoutBody()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x", "Stream-Retain-Bytes: 9", "Stream-Expires-At: 2030-01-31T12:00:00+01:00");
        var head = await server.SendAsync("HEAD", "/v1/stream/a");
        Assert.Equal((200, "text/plain", "no-store"), (head.Status, head["Content-Type"], head["Cache-Control"]));
        Assert.Equal("00000010000000000000", head["Stream-Earliest-Offset"]);
        Assert.Equal(("9", "2030-01-31T11:00:00Z"), (head["Stream-Retain-Bytes"], head["Stream-Expires-At"]));
    }
}
