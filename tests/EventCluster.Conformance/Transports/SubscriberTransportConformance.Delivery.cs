using System.Text;
using EventCluster.Protocol;
using EventCluster.TestKit;
using EventCluster.TestKit.Subscribers;
using Xunit;

namespace EventCluster.Conformance.Transports;

/// <content>Which events come, in which order and with which bytes.</content>
public abstract partial class SubscriberTransportConformance
{
    [Theory]
    [InlineData(PayloadKind.Json)]
    [InlineData(PayloadKind.Text)]
    [InlineData(PayloadKind.Binary)]
    public async Task Follow_BacklogThenLive_SeesEachEventOnceInOrder(PayloadKind kind)
    {
        await CreateAsync(kind);
        var backlog = await PublishAsync(kind, Numbered(0, 20));
        await using var follower = Follow(kind);
        AssertSeen(backlog, await follower.EventsToAsync(backlog[^1].Offset));
        for (var i = 0; i < 5; i++)
        {
            var live = await PublishAsync(kind, Numbered(20 + (i * 4), 4));
            AssertSeen(live, await follower.EventsToAsync(live[^1].Offset));
        }
    }

    [Fact]
    public async Task Follow_AnAppendOfManyEvents_SeesThemOneByOne()
    {
        await CreateAsync(PayloadKind.Json);
        await using var follower = Follow(PayloadKind.Json);
        var payloads = Numbered(0, 1_000).ToList();
        byte[] body = [.. "["u8, .. payloads.SelectMany((p, i) => i == 0 ? p : [(byte)',', .. p]), .. "]"u8];
        var tail = await Publisher.AppendAsync(Stream, "application/json", body, Cancellation);
        var published = payloads.Select((p, i) => new PublishedEvent(tail with { Sequence = i + 1 }, p)).ToList();
        AssertSeen(published, await follower.EventsToAsync(tail));
    }

    [Fact]
    public async Task Follow_FromEveryPosition_SeesExactlyWhatLiesAfterIt()
    {
        await CreateAsync(PayloadKind.Json);
        var events = await PublishAsync(PayloadKind.Json, Numbered(0, 8));
        await Publisher.CloseAsync(Stream, Cancellation);
        for (var i = 0; i <= events.Count; i++)
        {
            var start = i == 0 ? events[0].Offset with { Sequence = 0 } : events[i - 1].Offset;
            await using var follower = Follow(PayloadKind.Json, SubscribeStart.At(start));
            var rest = await follower.RestAsync();
            AssertSeen([.. events.Skip(i)], rest.OfType<Sighting.Event>());
            Assert.Equal(events[^1].Offset, Assert.IsType<Sighting.End>(rest[^1]).Offset);
        }
    }

    [Fact]
    public async Task Follow_LeavingAtEachToken_SeesEachEventOnceInOrder()
    {
        // Goal: what a transport gives to resume with is exact wherever a client leaves. Method: leave after each event.
        await CreateAsync(PayloadKind.Json);
        var events = await PublishAsync(PayloadKind.Json, Numbered(0, 12));
        await Publisher.CloseAsync(Stream, Cancellation);
        var seen = new List<Sighting.Event>();
        var start = SubscribeStart.Earliest;
        while (seen.Count == 0 || seen[^1].Offset.Sequence < events.Count)
        {
            await using var follower = Follow(PayloadKind.Json, start);
            Sighting.Event next;
            do
            {
                next = await follower.ExpectAsync<Sighting.Event>();
                seen.Add(next);
            }
            while (next.Token is null);
            start = SubscribeStart.Resume(next.Token);
        }

        AssertSeen(events, seen);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(10_000)]
    public async Task Follow_LastN_BeginsAtMostThatManyEventsBeforeTheTail(int count)
    {
        await CreateAsync(PayloadKind.Json);
        var events = await PublishAsync(PayloadKind.Json, Numbered(0, 10));
        await using var follower = Follow(PayloadKind.Json, SubscribeStart.LastOf(count));
        AssertSeen([.. events.TakeLast(count)], await follower.EventsToAsync(events[^1].Offset));
        var live = await PublishAsync(PayloadKind.Json, Numbered(10, 1));
        AssertSeen(live, await follower.EventsToAsync(live[0].Offset));
    }

    [Fact]
    public async Task Follow_FromNow_SeesOnlyWhatComesAfterwards()
    {
        await CreateAsync(PayloadKind.Json);
        var before = await PublishAsync(PayloadKind.Json, Numbered(0, 3));
        await using var follower = Follow(PayloadKind.Json, SubscribeStart.Now);
        Assert.Equal(before[^1].Offset, Assert.IsType<Sighting.Position>(await follower.NextAsync()).Offset);
        var live = await PublishAsync(PayloadKind.Json, Numbered(3, 3));
        AssertSeen(live, await follower.EventsToAsync(live[^1].Offset));
    }

    [Fact]
    public async Task Follow_TextOfAllSorts_ArrivesCharacterByCharacter()
    {
        string[] texts =
        [
            "x", " leading and trailing ", "a\nb", "a\rb", "a\r\nb", "\n\nevent: gap\ndata: {}\n\nid: 7\n\n.", "nul \0 in the middle",
            "😀 🏳️‍🌈 ß Ω \u2028 \u2029 \u0085", ": a comment", "data: data", "\"quoted\" \\ \t \u0001", new('ü', 40_000), ".",
        ];
        await CreateAsync(PayloadKind.Text);
        var backlog = await PublishAsync(PayloadKind.Text, texts.Select(Encoding.UTF8.GetBytes));
        await using var follower = Follow(PayloadKind.Text);
        AssertSeen(backlog, await follower.EventsToAsync(backlog[^1].Offset), isText: true);
        foreach (var text in texts)
        {
            var live = await PublishAsync(PayloadKind.Text, Encoding.UTF8.GetBytes(text), close: false);
            AssertSeen([live], await follower.EventsToAsync(live.Offset), isText: true);
        }
    }

    [Fact]
    public async Task Follow_BytesOfAllSorts_ArriveAsTheyAre()
    {
        byte[][] payloads =
        [
            [0], [255], "\r\n\r\n"u8.ToArray(), "\u0000"u8.ToArray(), [0xC3, 0x28], [.. Enumerable.Range(0, 256).Select(i => (byte)i)],
            TestData.Bytes(1, 70_001), TestData.Bytes(2, 2), TestData.Bytes(3, 1),
        ];
        await CreateAsync(PayloadKind.Binary);
        var backlog = await PublishAsync(PayloadKind.Binary, payloads);
        await using var follower = Follow(PayloadKind.Binary);
        AssertSeen(backlog, await follower.EventsToAsync(backlog[^1].Offset));
        var live = await PublishAsync(PayloadKind.Binary, payloads);
        AssertSeen(live, await follower.EventsToAsync(live[^1].Offset));
    }

    [Fact]
    public async Task Follow_JsonOfAllSorts_ArrivesAsItWasWritten()
    {
        string[] values =
        [
            "1", "-0.0", "1e400", "null", "\"text\"", "\"\\u0000 \\ud83d\\ude00 😀 \\\"\"", "{ \"a\" : [ ] }", "{\"a\":\n1}",
            "{\"offset\":\"now\",\"type\":\"end\"}", $"\"{new string('x', 30_000)}\"", "[[1],[2]]",
        ];
        await CreateAsync(PayloadKind.Json);

        // An array is flattened once, so each value goes in one.
        var published = new List<PublishedEvent>();
        foreach (var value in values)
        {
            var tail = await Publisher.AppendAsync(Stream, "application/json", Encoding.UTF8.GetBytes($"[{value}]"), Cancellation);
            published.Add(new PublishedEvent(tail, Encoding.UTF8.GetBytes(value)));
        }

        await using var follower = Follow(PayloadKind.Json);
        AssertSeen(published, await follower.EventsToAsync(published[^1].Offset));
    }

    [Fact]
    public async Task Follow_TextAsBase64_ArrivesByteByByte()
    {
        // Durable Streams has no such option and ignores it.
        var isIgnored = Has(SubscriberTraits.GapEndsIt);
        await CreateAsync(PayloadKind.Text);
        var events = await PublishAsync(PayloadKind.Text, "a\r\nb\rc\n"u8.ToArray(), "\0"u8.ToArray());
        await using var follower = Follow(PayloadKind.Text, base64: true);
        AssertSeen(events, await follower.EventsToAsync(events[^1].Offset), isText: isIgnored);
    }

    [Theory]
    [InlineData(PayloadKind.Text)]
    [InlineData(PayloadKind.Binary)]
    public async Task Follow_EventsOfTheSmallestAndTheLargestSize_ArriveWhole(PayloadKind kind)
    {
        byte[][] payloads = [[(byte)'a'], Largest(1), Largest(2), [(byte)'b']];
        await CreateAsync(kind);
        var backlog = await PublishAsync(kind, payloads);
        await using var follower = Follow(kind);
        AssertSeen(backlog, await follower.EventsToAsync(backlog[^1].Offset));
        var live = await PublishAsync(kind, payloads);
        AssertSeen(live, await follower.EventsToAsync(live[^1].Offset));

        byte[] Largest(int seed)
        {
            var bytes = TestData.Bytes(seed, ProtocolLimits.MaxEventBytes);
            return kind == PayloadKind.Text ? [.. bytes.Select(b => (byte)('A' + (b % 26)))] : bytes;
        }
    }
}
