using EventCluster.Protocol;
using EventCluster.TestKit;
using EventCluster.TestKit.Subscribers;
using Xunit;

namespace EventCluster.Conformance.Transports;

/// <content>Ends, slow readers, and clients and servers that leave.</content>
public abstract partial class SubscriberTransportConformance
{
    [Fact]
    public async Task Close_UnderAFollower_DeliversTheLastEventAndThenTheEnd()
    {
        await CreateAsync(PayloadKind.Json);
        var events = await PublishAsync(PayloadKind.Json, Numbered(0, 3));
        await using var follower = Follow(PayloadKind.Json);
        await follower.EventsToAsync(events[^1].Offset);
        var last = await PublishAsync(PayloadKind.Json, Numbered(3, 1).Single(), close: true);
        var rest = await follower.RestAsync();
        AssertSeen([last], rest.SkipLast(1).Cast<Sighting.Event>());
        Assert.Equal(last.Offset, Assert.IsType<Sighting.End>(rest[^1]).Offset);
    }

    [Fact]
    public async Task Close_WithoutAnEvent_EndsAFollowerAndEveryOneThatComesLater()
    {
        await CreateAsync(PayloadKind.Json);
        var events = await PublishAsync(PayloadKind.Json, Numbered(0, 2));
        await using var follower = Follow(PayloadKind.Json);
        await follower.EventsToAsync(events[^1].Offset);
        await Publisher.CloseAsync(Stream, Cancellation);
        Assert.Equal(events[^1].Offset, (await follower.ExpectAsync<Sighting.End>()).Offset);
        foreach (var start in new[] { SubscribeStart.Now, SubscribeStart.At(events[^1].Offset) })
        {
            await using var later = Follow(PayloadKind.Json, start);
            Assert.Equal(events[^1].Offset, (await later.ExpectAsync<Sighting.End>()).Offset);
        }
    }

    [Fact]
    public async Task Follow_NoSuchStream_IsRefused()
    {
        await using var follower = Follow(PayloadKind.Json);
        var refused = await follower.ExpectAsync<Sighting.Refused>();
        Assert.Equal((404, "not_found"), (refused.Status, refused.Code));
        Assert.Null(await follower.NextAsync());
    }

    [Fact]
    public async Task Delete_UnderAFollower_EndsItAndTheNextOneIsRefused()
    {
        await CreateAsync(PayloadKind.Json);
        var events = await PublishAsync(PayloadKind.Json, Numbered(0, 2));
        await using var follower = Follow(PayloadKind.Json);
        await follower.EventsToAsync(events[^1].Offset);
        await Publisher.DeleteAsync(Stream, Cancellation);
        var rest = await follower.RestAsync();
        Assert.True(rest is [Sighting.Refused { Code: "not_found" } or Sighting.Disconnected or Sighting.End, ..], string.Join(", ", rest));
        await using var next = Follow(PayloadKind.Json, SubscribeStart.At(events[^1].Offset));
        Assert.Equal("not_found", (await next.ExpectAsync<Sighting.Refused>()).Code);
    }

    [Fact]
    public async Task Follow_ClientThatTakesNothingForAWhile_LosesNothingAndHoldsNobodyUp()
    {
        // Goal: a paused client costs others nothing and misses nothing. Method: one takes an event and pauses while far
        // more than all buffers hold is appended and another one reads it; then it goes on.
        const int Events = 80;
        await CreateAsync(PayloadKind.Binary);
        var first = await PublishAsync(PayloadKind.Binary, "first"u8.ToArray());
        await using var slow = Follow(PayloadKind.Binary);
        await using var normal = Follow(PayloadKind.Binary);
        await slow.EventsToAsync(first.Offset);
        await normal.EventsToAsync(first.Offset);
        var published = new List<PublishedEvent>();
        for (var i = 0; i < Events; i++)
        {
            published.Add(await PublishAsync(PayloadKind.Binary, TestData.Bytes(i, 30_000)));
            if (i % 10 == 9)
            {
                AssertSeen(published[^10..], await normal.EventsToAsync(published[^1].Offset));
            }
        }

        AssertSeen(published, await slow.EventsToAsync(published[^1].Offset));
        var last = await PublishAsync(PayloadKind.Binary, "last"u8.ToArray());
        AssertSeen([last], await slow.EventsToAsync(last.Offset));
        AssertSeen([last], await normal.EventsToAsync(last.Offset));
    }

    [Fact]
    public async Task Cancel_AtTheTail_FreesTheConnectionAndLeavesOthersAlone()
    {
        await CreateAsync(PayloadKind.Json);
        var events = await PublishAsync(PayloadKind.Json, Numbered(0, 2));
        await using var staying = Follow(PayloadKind.Json);
        await staying.EventsToAsync(events[^1].Offset);
        var before = Server.Connections?.Invoke();
        for (var i = 0; i < 3; i++)
        {
            await using var leaving = Follow(PayloadKind.Json, SubscribeStart.At(events[0].Offset));
            await leaving.EventsToAsync(events[1].Offset);
        }

        if (Server.Connections is { } connections)
        {
            await Phase.UntilAsync("connections freed", $"{before}", connections, seen => seen <= before, Cancellation);
        }

        var live = await PublishAsync(PayloadKind.Json, Numbered(2, 2));
        AssertSeen(live, await staying.EventsToAsync(live[^1].Offset));
    }

    [Fact]
    public async Task Stop_OfTheServer_TellsFollowersWhoResumeWithoutLossAfterTheRestart()
    {
        await CreateAsync(PayloadKind.Json);
        var before = await PublishAsync(PayloadKind.Json, Numbered(0, 5));
        string? token;
        await using (var follower = Follow(PayloadKind.Json))
        {
            AssertSeen(before, await follower.EventsToAsync(before[^1].Offset));
            var stopped = StopAsync();
            var farewell = await follower.RestAsync();
            await stopped;
            Assert.IsType<Sighting.Disconnected>(farewell[^1]);
            Assert.Equal(Has(SubscriberTraits.AnnouncesMove) ? 1 : 0, farewell.OfType<Sighting.Move>().Count(m => m.DelayMilliseconds > 0));
            Assert.Empty(farewell.OfType<Sighting.Event>());
            token = follower.Token;
        }

        await StartAsync();
        var missed = await PublishAsync(PayloadKind.Json, Numbered(5, 5));
        Assert.NotNull(token);
        await using var resumed = Follow(PayloadKind.Json, SubscribeStart.Resume(token));
        AssertSeen(missed, await resumed.EventsToAsync(missed[^1].Offset));
    }
}
