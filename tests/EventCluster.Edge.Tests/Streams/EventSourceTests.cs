using System.Globalization;
using System.Text;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Tests.Server;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Streams;

/// <summary>Native EventSource framing, byte for byte.</summary>
public sealed class EventSourceTests
{
    private const string Accept = "Accept: text/event-stream";
    private const string Zero = "00000010000000000000";
    private const string One = "00000010000000000001";
    private const string Two = "00000010000000000002";
    private const string Three = "00000010000000000003";

    /// <summary>An EventSource learns that its stream is gone, and why, before its reconnect is refused.</summary>
    [Theory]
    [InlineData(false, "deleted")]
    [InlineData(true, "expired")]
    public async Task Gone_UnderAReader_EndsWithTheReason(bool expires, string reason)
    {
        await using var server = await EdgeServer.StartAsync();
        var expiry = (server.Time.GetUtcNow() + TimeSpan.FromSeconds(30)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        string[] headers = expires ? [$"Stream-Expires-At: {expiry}"] : [];
        await server.CreateAsync("a", "text/plain", "x", headers);
        using var reader = await RawConnection.OpenAsync(server.Port);
        await reader.WriteRequestAsync("GET", "/v1/stream/a", null, "Accept: text/event-stream");
        Assert.Equal(200, (await reader.ReadHeadAsync()).Status);
        await reader.ReadUntilAsync("data: x\n\n");
        await server.LiveAsync(1);

        if (expires)
        {
            server.Time.Advance(TimeSpan.FromSeconds(31));
            Assert.Equal(404, (await server.SendAsync("HEAD", "/v1/stream/a")).Status);
        }
        else
        {
            Assert.Equal(204, (await server.SendAsync("DELETE", "/v1/stream/a")).Status);
        }

        Assert.EndsWith(
            $"event: end\nid: 00000010000000000001\ndata: {{\"offset\":\"00000010000000000001\",\"reason\":\"{reason}\"}}\n\n",
            await reader.ReadUntilAsync("}\n\n"), StringComparison.Ordinal);
        Assert.Equal(404, (await server.SendAsync("GET", "/v1/stream/a", null, "Accept: text/event-stream")).Status);
    }

    [Fact]
    public async Task Get_BacklogThenLive_IsOneByteExactStream()
    {
        await using var server = await EdgeServer.StartAsync(options => options.RetryMilliseconds = 2_000);
        await server.CreateAsync("a", "application/json", "[{\"b\":1},\n[2]]");
        using var reader = await RawConnection.OpenAsync(server.Port);
        await reader.WriteRequestAsync("GET", "/v1/stream/a", null, Accept);
        var head = await reader.ReadHeadAsync();
        Assert.Equal((200, "text/event-stream; charset=utf-8"), (head.Status, head["Content-Type"]));
        Assert.Equal("no-cache, no-transform", head["Cache-Control"]);
        Assert.Equal(("no", "Accept, Origin", "nosniff"), (head["X-Accel-Buffering"], head["Vary"], head["X-Content-Type-Options"]));
        Assert.Null(head.Find("Content-Length"));

        var backlog = await reader.ReadUntilAsync("[2]\n\n");
        var retry = RetryOf(backlog);
        Assert.InRange(retry, 1_000, 3_000);
        Assert.Equal($"id: {Zero}\nretry: {retry}\n\nid: {One}\ndata: {{\"b\":1}}\n\nid: {Two}\ndata: [2]\n\n", backlog);

        await server.LiveAsync(1);
        await server.AppendAsync("a", "application/json", "{\n\"c\":\r\n3}");
        Assert.Equal($"id: {Three}\ndata: {{\ndata: \"c\":\ndata: 3}}\n\n", await reader.ReadUntilAsync("3}\n\n"));
    }

    [Fact]
    public async Task Get_SilentStream_SendsCommentsAsHeartbeats()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        using var reader = await RawConnection.OpenAsync(server.Port);
        await reader.WriteRequestAsync("GET", "/v1/stream/a?live=eventsource&heartbeat=5", null);
        await reader.ReadHeadAsync();
        await reader.ReadUntilAsync("\n\n");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(":\n\n", await server.AdvanceUntilAsync("heartbeat", reader.ReadUntilAsync("\n\n")));
        }
    }

    [Theory]
    [InlineData("?offset=-1", null, One)]
    [InlineData("?offset=00000010000000000001", null, Two)]
    [InlineData("?last=1", null, Three)]
    [InlineData("", Two, Three)]
    [InlineData("?offset=-1", Two, Three)]
    [InlineData("?offset=now", One, Two)]
    [InlineData("?last=3", Two, Three)]
    [InlineData("?live=sse&offset=-1", Two, Three)]
    public async Task Get_LastEventId_WinsOverTheQuery(string query, string? lastEventId, string firstId)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1,2,3]");
        using var reader = await RawConnection.OpenAsync(server.Port);
        await reader.WriteRequestAsync(
            "GET", "/v1/stream/a" + query, null, lastEventId is null ? [Accept] : [Accept, $"Last-Event-ID: {lastEventId}"]);
        await reader.ReadHeadAsync();
        var first = long.Parse(firstId.AsSpan(19), CultureInfo.InvariantCulture);
        var text = await reader.ReadUntilAsync("\n\n");
        if (query.Contains("live=sse", StringComparison.Ordinal))
        {
            Assert.StartsWith("event: data\ndata:[3]\n\n", text, StringComparison.Ordinal);
            return;
        }

        while (!text.EndsWith($"data: {first}\n\n", StringComparison.Ordinal) && !text.EndsWith("data: 3\n\n", StringComparison.Ordinal))
        {
            text += await reader.ReadUntilAsync("\n\n");
        }

        Assert.Contains($"\n\nid: {firstId}\ndata: {first}\n\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain($"data: {first - 1}\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_ClosedStream_EndsCleanlyAndTheReconnectGets204()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "one");
        using var reader = await RawConnection.OpenAsync(server.Port);
        await reader.WriteRequestAsync("GET", "/v1/stream/a?offset=now", null, Accept);
        await reader.ReadHeadAsync();
        await reader.ReadUntilAsync("\n\n");
        await server.LiveAsync(1);
        await server.SendAsync("POST", "/v1/stream/a", "last", "Content-Type: text/plain", "Stream-Closed: true");
        Assert.Equal(
            $"id: {Two}\ndata: last\n\nevent: end\nid: {Two}\ndata: {{\"offset\":\"{Two}\",\"reason\":\"closed\"}}\n\n", await reader.ReadToEndAsync());

        var stop = await server.SendAsync("GET", "/v1/stream/a?offset=now", null, Accept, $"Last-Event-ID: {Two}");
        Assert.Equal((204, "no-store"), (stop.Status, stop["Cache-Control"]));
        var early = await server.SendAsync("GET", "/v1/stream/a", null, Accept, $"Last-Event-ID: {One}");
        Assert.Equal(200, early.Status);
        Assert.EndsWith($"data: last\n\nevent: end\nid: {Two}\ndata: {{\"offset\":\"{Two}\",\"reason\":\"closed\"}}\n\n", early.Text, StringComparison.Ordinal);
        var fresh = await server.SendAsync("GET", $"/v1/stream/a?offset={Two}", null, Accept);
        Assert.Contains("event: end", fresh.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain", "", "data: a\ndata: b\n\n")]
    [InlineData("text/plain", "?encoding=base64", "data: YQ0KYg==\n\n")]
    [InlineData("image/png", "", "data: YQ0KYg==\n\n")]
    public async Task Get_Encodings_AreLinesOrBase64(string contentType, string query, string expected)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", contentType, "a\r\nb", "Stream-Closed: true");
        var answer = await server.SendAsync("GET", "/v1/stream/a" + query, null, Accept);
        Assert.Contains($"id: {One}\n{expected}", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_ManyReaders_ShareFramesEncodedOnce()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        var readers = new List<RawConnection>();
        for (var i = 0; i < 50; i++)
        {
            var reader = await RawConnection.OpenAsync(server.Port);
            readers.Add(reader);
            await reader.WriteRequestAsync("GET", "/v1/stream/a", null, Accept);
            await reader.ReadHeadAsync();
            await reader.ReadUntilAsync("\n\n");
        }

        await server.LiveAsync(50);
        for (var i = 0; i < 5; i++)
        {
            await server.AppendAsync("a", "text/plain", $"event {i}");
        }

        foreach (var reader in readers)
        {
            var text = await reader.ReadUntilAsync("event 4\n\n");
            Assert.Equal(5, text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Length);
            reader.Dispose();
        }

        Assert.InRange(server.Frames.Encoded, 0, 5);
    }

    /// <summary>
    /// A reader that takes nothing: its connection fills, the server keeps its offset and one slice, its neighbour is not
    /// held up, and when it reads again everything is there once and in order.
    /// </summary>
    [Fact]
    public async Task Get_SlowReader_MissesNothingAndHoldsUpNobody()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        using var slow = await RawConnection.OpenAsync(server.Port, receiveBuffer: 4096);
        using var fast = await RawConnection.OpenAsync(server.Port);
        foreach (var reader in new[] { slow, fast })
        {
            await reader.WriteRequestAsync("GET", "/v1/stream/a", null, Accept);
        }

        await fast.ReadHeadAsync();
        const int Events = 400;
        for (var i = 0; i < Events; i++)
        {
            await server.AppendAsync("a", "text/plain", $"{i:d4}{new string('x', 20_000)}");
        }

        Check(await ReadToAsync(fast, Events));
        await slow.ReadHeadAsync();
        Check(await ReadToAsync(slow, Events));

        static void Check(string text)
        {
            var frames = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[1..];
            Assert.Equal(Events, frames.Length);
            Assert.All(frames, (frame, i) => Assert.Equal($"{i:d4}", frame.Split("data: ")[1][..4]));
        }

        static async Task<string> ReadToAsync(RawConnection reader, int events)
        {
            var text = new StringBuilder();
            var last = $"data: {events - 1:d4}";
            string part;
            do
            {
                part = await reader.ReadUntilAsync("\n\n");
                text.Append(part);
            }
            while (!part.Contains(last, StringComparison.Ordinal));

            return text.ToString();
        }
    }

    [Theory]
    [InlineData("live=eventsource")]
    [InlineData("live=sse")]
    [InlineData("live=long-poll")]
    public async Task Get_SlidingTtl_LivesAsLongAsItsReader(string live)
    {
        await using var server = await EdgeServer.StartAsync();
        server.Directory.Start();
        await server.CreateAsync("a", "text/plain", "x", "Stream-TTL: 3");
        using (var reader = await RawConnection.OpenAsync(server.Port))
        {
            await reader.WriteRequestAsync("GET", $"/v1/stream/a?offset=now&{live}", null);
            await server.ParkedAsync(1);
            for (var i = 0; i < 10; i++)
            {
                await server.AfterAsync(
                    TimeSpan.FromSeconds(1), "a deadline over 1.5 s away", () => LeftToLive(server) > TimeSpan.FromSeconds(1.5));
            }
        }

        await server.ParkedAsync(0);
        server.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(404, (await server.SendAsync("HEAD", "/v1/stream/a")).Status);
    }

    [Fact]
    public async Task Stop_LiveReaders_EndCleanlyWithADelay()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x");
        using var native = await RawConnection.OpenAsync(server.Port);
        using var durable = await RawConnection.OpenAsync(server.Port);
        using var poll = await RawConnection.OpenAsync(server.Port);
        await native.WriteRequestAsync("GET", "/v1/stream/a?offset=now", null, Accept);
        await durable.WriteRequestAsync("GET", "/v1/stream/a?offset=now&live=sse", null);
        await poll.WriteRequestAsync("GET", "/v1/stream/a?offset=now&live=long-poll", null);
        await native.ReadHeadAsync();
        await native.ReadUntilAsync("\n\n");
        await durable.ReadHeadAsync();
        await durable.ReadUntilAsync("\n\n");
        await server.LiveAsync(2);
        await server.ParkedAsync(2);
        var stopped = server.StopAsync();
        Assert.Matches("^retry: [0-9]+\n\n$", await native.ReadToEndAsync());
        Assert.Equal("", await durable.ReadToEndAsync());
        var answer = await poll.ReadAnswerAsync();
        Assert.Equal((204, One), (answer.Status, answer["Stream-Next-Offset"]));
        await stopped;
    }

    private static TimeSpan LeftToLive(EdgeServer server)
    {
        var found = server.Directory.GetStream(TestData.Name("a"))
            .DescribeAsync(TestContext.Current.CancellationToken).AsTask().GetAwaiter().GetResult();
        return ((DescribeOutcome.Found)found).Descriptor.Deadline!.Value - server.Time.GetUtcNow();
    }

    private static int RetryOf(string text)
    {
        var start = text.IndexOf("retry: ", StringComparison.Ordinal) + 7;
        return int.Parse(text.AsSpan(start, text.IndexOf('\n', start) - start), CultureInfo.InvariantCulture);
    }
}
