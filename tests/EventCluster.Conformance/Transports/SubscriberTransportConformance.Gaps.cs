using EventCluster.Protocol;
using EventCluster.TestKit.Subscribers;
using Xunit;

namespace EventCluster.Conformance.Transports;

/// <content>Positions that cannot be served: each reason under each policy.</content>
public abstract partial class SubscriberTransportConformance
{
    public static TheoryData<string, string?> Gaps
    {
        get
        {
            var data = new TheoryData<string, string?>();
            foreach (var reason in new[] { "trimmed", "expired", "recreated", "unknown" })
            {
                foreach (var policy in new[] { null, "signal", "latest", "fail" })
                {
                    data.Add(reason, policy);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Gaps))]
    public async Task Follow_APositionThatIsGone_SaysSoOnceBeforeAnythingElse(string reason, string? policy)
    {
        var (requested, retained) = await LoseAsync(reason);
        var (earliest, tail) = (retained[0].Offset with { Sequence = retained[0].Offset.Sequence - 1 }, retained[^1].Offset);
        await using var follower = Follow(PayloadKind.Json, SubscribeStart.At(requested), policy);
        var gap = await follower.ExpectAsync<Sighting.Gap>();
        Assert.Equal((requested, earliest, tail, reason), (gap.Requested, gap.Earliest, gap.Tail, gap.Reason));
        if (policy == "fail" || Has(SubscriberTraits.GapEndsIt))
        {
            Assert.Null(gap.ContinuedFrom);
            Assert.Null(await follower.NextAsync());
            return;
        }

        Assert.Equal(policy == "latest" ? tail : earliest, gap.ContinuedFrom);
        if (policy != "latest")
        {
            // Before anything new: a stream that retains two events would drop these, and a reader that has not got them yet
            // would be told of a second gap.
            AssertSeen(retained, await follower.EventsToAsync(tail));
        }

        var live = await PublishAsync(PayloadKind.Json, Numbered(100, 2));
        AssertSeen(live, await follower.EventsToAsync(live[^1].Offset));
    }

    [Fact]
    public async Task Follow_FromTheEarliest_IsNeverAGap()
    {
        var (_, retained) = await LoseAsync("trimmed");
        foreach (var start in new[] { SubscribeStart.Earliest, SubscribeStart.LastOf(10_000) })
        {
            await using var follower = Follow(PayloadKind.Json, start, "fail");
            AssertSeen(retained, await follower.EventsToAsync(retained[^1].Offset));
        }
    }

    [Fact]
    public async Task Trim_WhileAClientIsAway_IsAGapWithTheTokenThatItKept()
    {
        await CreateAsync(PayloadKind.Json);
        var events = await PublishAsync(PayloadKind.Json, Numbered(0, 6));
        string token;
        await using (var follower = Follow(PayloadKind.Json, SubscribeStart.At(events[0].Offset)))
        {
            await follower.EventsToAsync(events[^1].Offset);
            token = follower.Token!;
        }

        await Publisher.TrimAsync(Stream, events[^1].Offset, Cancellation);
        var missed = await PublishAsync(PayloadKind.Json, Numbered(6, 4));
        await Publisher.TrimAsync(Stream, missed[1].Offset, Cancellation);
        await using var resumed = Follow(PayloadKind.Json, SubscribeStart.Resume(token));
        var gap = await resumed.ExpectAsync<Sighting.Gap>();
        Assert.Equal((events[^1].Offset, missed[1].Offset, "trimmed"), (gap.Requested, gap.Earliest, gap.Reason));
        if (gap.ContinuedFrom is null)
        {
            await using var again = Follow(PayloadKind.Json, SubscribeStart.At(gap.Earliest));
            AssertSeen([.. missed.Skip(2)], await again.EventsToAsync(missed[^1].Offset));
            return;
        }

        AssertSeen([.. missed.Skip(2)], await resumed.EventsToAsync(missed[^1].Offset));
    }

    /// <summary>Loses a position for a reason; answers it, and the events that are there.</summary>
    private async Task<(StreamOffset Requested, IReadOnlyList<PublishedEvent> Retained)> LoseAsync(string reason)
    {
        (string, string)[] retention = reason == "expired" ? [(HeaderNames.RetainEvents, "2")] : [];
        await CreateAsync(PayloadKind.Json, retention);
        var events = await PublishAsync(PayloadKind.Json, Numbered(0, 5));
        switch (reason)
        {
            case "trimmed":
                await Publisher.TrimAsync(Stream, events[1].Offset, Cancellation);
                return (events[0].Offset, [.. events.Skip(2)]);
            case "expired":
                return (events[0].Offset, [.. events.Skip(3)]);
            case "recreated":
                await Publisher.DeleteAsync(Stream, Cancellation);
                await CreateAsync(PayloadKind.Json);
                return (events[3].Offset, await PublishAsync(PayloadKind.Json, Numbered(50, 3)));
            default:
                return (events[^1].Offset with { Sequence = 1_000 }, events);
        }
    }
}
