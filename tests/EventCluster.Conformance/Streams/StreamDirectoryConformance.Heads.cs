using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;
using Xunit;

namespace EventCluster.Conformance.Streams;

/// <content>Trim and retention: what moves the earliest position, and the gap that it leaves.</content>
public abstract partial class StreamDirectoryConformance
{
    [Fact]
    public async Task Trim_InsideABlock_MovesTheHeadExactlyThere()
    {
        var stream = await StreamAsync("1 2 3", "4 5");
        var start = (await stream.StateAsync()).Earliest;

        var trimmed = Assert.IsType<TrimOutcome.Trimmed>(await stream.TrimAsync(Plus(start, 2), Cancellation)).Descriptor;

        Assert.Equal((2L, 5L, 3L), (trimmed.Earliest.Sequence, trimmed.Tail.Sequence, trimmed.RetainedEvents));
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(["3", "4", "5"], await stream.TextsAsync());
            var state = await stream.StateAsync();
            Assert.Equal(3, state.RetainedBytes);
            foreach (var lost in new[] { start, Plus(start, 1) })
            {
                Assert.Equal(new StreamGap(lost, state.Earliest, state.Tail, GapReason.Trimmed), await stream.GapAsync(lost));
            }

            stream = At(await RestartAsync(), "s");
        }
    }

    [Fact]
    public async Task Trim_Repeated_ChangesNothing()
    {
        var stream = await StreamAsync("1 2 3");
        var start = (await stream.StateAsync()).Earliest;
        await stream.TrimAsync(Plus(start, 2), Cancellation);

        foreach (var before in new[] { 2, 1, 0 })
        {
            var again = Assert.IsType<TrimOutcome.Trimmed>(await stream.TrimAsync(Plus(start, before), Cancellation));
            Assert.Equal(2, again.Descriptor.Earliest.Sequence);
        }
    }

    [Fact]
    public async Task Trim_ToTheTail_LeavesAnEmptyStreamThatGoesOn()
    {
        var stream = await StreamAsync("1 2", "3");
        var tail = (await stream.StateAsync()).Tail;

        var trimmed = Assert.IsType<TrimOutcome.Trimmed>(await stream.TrimAsync(tail, Cancellation)).Descriptor;
        await stream.PutAsync("4");

        Assert.Equal((tail, 0L), (trimmed.Earliest, trimmed.RetainedBytes));
        Assert.Equal(["4"], await stream.TextsAsync());
        Assert.Equal(["4"], await stream.TextsAsync(tail));
    }

    [Fact]
    public async Task Trim_BeyondTheTailOrInAnotherHistory_IsInvalid()
    {
        var stream = await StreamAsync("1 2");
        var tail = (await stream.StateAsync()).Tail;

        foreach (var position in new[] { Plus(tail, 1), tail with { Incarnation = tail.Incarnation + 9 } })
        {
            var invalid = Assert.IsType<TrimOutcome.InvalidPosition>(await stream.TrimAsync(position, Cancellation));
            Assert.Equal(tail, invalid.Tail);
        }

        Assert.Equal(["1", "2"], await stream.TextsAsync());
    }

    [Fact]
    public async Task Trim_AClosedStream_Works()
    {
        var stream = await StreamAsync("1 2");
        await stream.CloseAsync();

        Assert.IsType<TrimOutcome.Trimmed>(await stream.TrimAsync((await stream.StateAsync()).Tail, Cancellation));

        Assert.True((await stream.BatchAsync((await stream.StateAsync()).Earliest)).AtEnd);
    }

    [Theory]
    [InlineData("events of the stream")]
    [InlineData("bytes of the stream")]
    [InlineData("events by default")]
    [InlineData("events of the stream over the default")]
    public async Task Retention_OfThree_KeepsTheNewestThreeSmallBlocks(string limit)
    {
        var defaults = limit switch
        {
            "events by default" => new RetentionLimits(Events: 3),
            "events of the stream over the default" => new RetentionLimits(Events: 1),
            _ => RetentionLimits.None,
        };
        var own = limit switch
        {
            "bytes of the stream" => new RetentionLimits(Bytes: 30),
            "events by default" => RetentionLimits.None,
            _ => new RetentionLimits(Events: 3),
        };
        var stream = At(await OpenAsync(setup => setup with { RetentionDefaults = defaults }), "s");
        var start = (await stream.NewAsync(new CreateRequest { Retention = own })).Earliest;
        for (var i = 1; i <= 7; i++)
        {
            await stream.PutAsync($"0123456-{i:00}");
            var kept = await stream.StateWhenAsync("retention", state => state.Earliest.Sequence == Math.Max(0, i - 3));
            Assert.Equal(10 * Math.Min(3, i), kept.RetainedBytes);
        }

        stream = At(await RestartAsync(setup => setup with { RetentionDefaults = defaults }), "s");
        Assert.Equal(["0123456-05", "0123456-06", "0123456-07"], await stream.TextsAsync());
        var state = await stream.StateAsync();
        Assert.Equal(own, state.Retention);
        Assert.Equal(new StreamGap(start, state.Earliest, state.Tail, GapReason.Expired), await stream.GapAsync(start));
    }

    [Fact]
    public async Task Retention_ChangedOnALiveStream_AppliesAtOnceAndKeepsOtherLimits()
    {
        var stream = At(await OpenAsync(), "s");
        await stream.NewAsync(new CreateRequest { Retention = new RetentionLimits(Bytes: 1_000) });
        foreach (var text in new[] { "1", "2", "3", "4", "5" })
        {
            await stream.PutAsync(text);
        }

        var configured = await stream.ConfigureAsync(new RetentionLimits(Events: 2), Cancellation);

        var state = Assert.IsType<ConfigureOutcome.Configured>(configured).Descriptor;
        Assert.Equal(new RetentionLimits(Events: 2, Bytes: 1_000), state.Retention);
        Assert.Equal(3, state.Earliest.Sequence);
        Assert.Equal(["4", "5"], await stream.TextsAsync());
        await stream.ConfigureAsync(new RetentionLimits(Events: 4), Cancellation);
        await stream.PutAsync("6");
        Assert.Equal(["4", "5", "6"], await stream.TextsAsync());
        stream = At(await RestartAsync(), "s");
        Assert.Equal(new RetentionLimits(Events: 4, Bytes: 1_000), (await stream.StateAsync()).Retention);
    }

    [Fact]
    public async Task Retention_ByAge_DropsOldEventsOfAStreamThatNobodyUses()
    {
        var directory = await OpenAsync();
        var stream = At(directory, "s");
        var start = (await stream.NewAsync(new CreateRequest { Retention = new RetentionLimits(AgeSeconds: 60) })).Earliest;
        await stream.PutAsync("old");
        Clock.Advance(TimeSpan.FromSeconds(50));
        await stream.PutAsync("new");
        Clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(["old", "new"], await stream.TextsAsync());

        Clock.Advance(TimeSpan.FromSeconds(2));
        await EventuallyAsync("old event ages", async () => (await stream.StateAsync()).Earliest.Sequence == 1);
        Assert.Equal(GapReason.Expired, (await stream.GapAsync(start)).Reason);
        Assert.True(Clock.Elapsed < TimeSpan.FromSeconds(100), "The newer event was still young.");
        Assert.Equal(["new"], await stream.TextsAsync());

        directory = await RestartAsync();
        Clock.Advance(TimeSpan.FromSeconds(60));
        await EventuallyAsync("new event ages", async () =>
            (await directory.ListAsync("", after: null, limit: 9, Cancellation)).Streams[0].Earliest.Sequence == 2);

        // The store's listing may be ahead of the owner's answers by the commit that it has not answered yet.
        await EventuallyAsync("the owner knows", async () => (await At(directory, "s").StateAsync()).Earliest.Sequence == 2);
        Assert.Empty(await At(directory, "s").TextsAsync());
    }

    [Fact]
    public async Task Gap_AfterTrimAndRetention_NamesWhatDroppedThePosition()
    {
        var stream = At(await OpenAsync(), "s");
        var start = (await stream.NewAsync(new CreateRequest { Retention = new RetentionLimits(Events: 4) })).Earliest;
        for (var i = 1; i <= 6; i++)
        {
            await stream.PutAsync($"{i}");
        }

        await stream.TrimAsync(Plus(start, 4), Cancellation);
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(GapReason.Expired, (await stream.GapAsync(Plus(start, 1))).Reason);
            Assert.Equal(GapReason.Trimmed, (await stream.GapAsync(Plus(start, 2))).Reason);
            Assert.Equal(GapReason.Trimmed, (await stream.GapAsync(Plus(start, 3))).Reason);
            Assert.IsType<ReadOutcome.Batch>(await stream.PeekAsync(Plus(start, 4)));
            stream = At(await RestartAsync(), "s");
        }
    }
}
