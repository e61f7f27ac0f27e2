using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Conformance.Streams;

public abstract partial class StreamDirectoryConformance
{
    [Fact]
    public async Task Producer_FirstSequence_MustBeZeroInAnyEpoch()
    {
        var stream = await StreamAsync();

        var gap = Assert.IsType<AppendOutcome.SequenceGap>(await stream.SendAsync(AppendAs("p", 0, 3, "x")));

        Assert.Equal((0L, 3L), (gap.Expected, gap.Received));
        Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(AppendAs("q", 7, 0, "x")));
        Assert.Equal(["x"], await stream.TextsAsync());
    }

    [Fact]
    public async Task Producer_Sequences_AreAcceptedOnceInOrder()
    {
        var stream = await StreamAsync();
        for (var i = 0; i < 3; i++)
        {
            Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(AppendAs("p", 1, i, $"{i}", $"{i}b")));
        }

        var tail = (await stream.StateAsync()).Tail;
        foreach (var old in new[] { 0, 1, 2 })
        {
            var duplicate = await stream.SendAsync(AppendAs("p", 1, old, "another body"));
            Assert.Equal(new AppendOutcome.Duplicate(tail, 1, 2, Closed: false), duplicate);
        }

        Assert.Equal(new AppendOutcome.SequenceGap(3, 4), await stream.SendAsync(AppendAs("p", 1, 4, "x")));
        Assert.Equal(6, (await stream.TextsAsync()).Length);
    }

    [Fact]
    public async Task Producer_NewEpoch_StartsAtZeroAndFencesTheOldOne()
    {
        var stream = await StreamAsync();
        await stream.SendAsync(AppendAs("p", 1, 0, "a"));
        await stream.SendAsync(AppendAs("p", 1, 1, "b"));

        Assert.Equal(new AppendOutcome.EpochMustStartAtZero(2), await stream.SendAsync(AppendAs("p", 2, 2, "x")));
        Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(AppendAs("p", 3, 0, "c")));
        Assert.Equal(new AppendOutcome.StaleEpoch(3), await stream.SendAsync(AppendAs("p", 1, 2, "x")));
        Assert.Equal(new AppendOutcome.StaleEpoch(3), await stream.SendAsync(AppendAs("p", 2, 0, "x")));
        Assert.Equal(["a", "b", "c"], await stream.TextsAsync());
    }

    [Fact]
    public async Task Producer_State_SurvivesARestart()
    {
        var stream = await StreamAsync();
        await stream.SendAsync(AppendAs("p", 1, 0, "a"));
        await stream.SendAsync(AppendAs("p", 1, 1, "b"));
        await stream.SendAsync(AppendAs("q", 0, 0, "c"));

        stream = At(await RestartAsync(), "s");

        Assert.IsType<AppendOutcome.Duplicate>(await stream.SendAsync(AppendAs("p", 1, 1, "b")));
        Assert.IsType<AppendOutcome.Duplicate>(await stream.SendAsync(AppendAs("q", 0, 0, "c")));
        Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(AppendAs("p", 1, 2, "d")));
        Assert.Equal(["a", "b", "c", "d"], await stream.TextsAsync());
    }

    [Fact]
    public async Task Producer_OfAFailedAppend_DoesNotAdvance()
    {
        var stream = await StreamAsync();
        await stream.SendAsync(AppendAs("p", 0, 0, "a") with { StreamSeq = "5" });
        var tail = (await stream.StateAsync()).Tail;

        Assert.IsType<AppendOutcome.StreamSeqConflict>(await stream.SendAsync(AppendAs("p", 0, 1, "x") with { StreamSeq = "4" }));
        Assert.IsType<AppendOutcome.TailMismatch>(await stream.SendAsync(AppendAs("p", 0, 1, "x") with { ExpectedOffset = Plus(tail, 1) }));
        Assert.IsType<AppendOutcome.ContentTypeMismatch>(await stream.SendAsync(AppendAs("p", 0, 1, "x") with { ContentType = Type("a/b") }));
        Assert.IsType<AppendOutcome.StreamSeqConflict>(await stream.SendAsync(AppendAs("new", 0, 0, "x") with { StreamSeq = "4" }));

        Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(AppendAs("p", 0, 1, "b")));
        Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(AppendAs("new", 0, 0, "c")));
    }

    [Fact]
    public async Task Producer_RetryOfTheClosingAppend_IsADuplicateWithAnyBody()
    {
        var stream = await StreamAsync();
        await stream.SendAsync(AppendAs("p", 1, 0, "a"));
        await stream.SendAsync(AppendAs("p", 1, 1, "b") with { Close = true });
        var tail = (await stream.StateAsync()).Tail;
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(
                new AppendOutcome.Duplicate(tail, 1, 1, Closed: true),
                await stream.SendAsync(AppendAs("p", 1, 1, "another body") with { Close = true }));
            Assert.Equal(new AppendOutcome.RefusedClosed(tail, WasAccepted: true), await stream.SendAsync(AppendAs("p", 1, 0, "a")));
            Assert.Equal(new AppendOutcome.RefusedClosed(tail), await stream.SendAsync(AppendAs("p", 1, 2, "c")));
            Assert.Equal(new AppendOutcome.RefusedClosed(tail), await stream.SendAsync(AppendAs("p", 2, 0, "c")));
            Assert.Equal(new AppendOutcome.RefusedClosed(tail), await stream.SendAsync(AppendAs("q", 0, 0, "c")));
            Assert.Equal(new AppendOutcome.StaleEpoch(1), await stream.SendAsync(AppendAs("p", 0, 0, "c")));
            stream = At(await RestartAsync(), "s");
        }
    }

    [Fact]
    public async Task Producer_CloseOnly_IsIdempotentToo()
    {
        var stream = await StreamAsync("1");
        var close = AppendAs("p", 0, 0) with { Close = true };

        Assert.True(Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(close)).Closed);

        Assert.True(Assert.IsType<AppendOutcome.Duplicate>(await stream.SendAsync(close)).Closed);
    }

    [Fact]
    public async Task Producer_PipelinedSequences_AreAcceptedInTheOrderSent()
    {
        const int Count = 300;
        var stream = await StreamAsync();

        var sent = Enumerable.Range(0, Count).Select(i => stream.SendAsync(AppendAs("p", 0, i, $"{i}"))).ToArray();
        var outcomes = await Phase.OfAsync("pipelined appends", Task.WhenAll(sent));

        Assert.All(outcomes, outcome => Assert.IsType<AppendOutcome.Appended>(outcome));
        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"{i}"), await stream.TextsAsync());
    }

    [Fact]
    public async Task Producer_SameSequenceByManyAtOnce_LeavesOneCopy()
    {
        var stream = await StreamAsync();

        var outcomes = await Phase.OfAsync("retries", Task.WhenAll(Enumerable.Range(0, 20).Select(
            _ => Task.Run(() => stream.SendAsync(AppendAs("p", 0, 0, "once")), Cancellation))));

        Assert.Single(outcomes.OfType<AppendOutcome.Appended>());
        Assert.Equal(19, outcomes.OfType<AppendOutcome.Duplicate>().Count());
        Assert.Equal(["once"], await stream.TextsAsync());
    }

    [Fact]
    public async Task Producer_AtTheLimit_NewIdsAreRefusedUntilOneIsIdleLongEnough()
    {
        var directory = await OpenAsync(setup => setup with { MaxProducersPerStream = 3 });
        var stream = At(directory, "s");
        await stream.NewAsync();
        for (var i = 0; i < 3; i++)
        {
            Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(AppendAs($"p{i}", 0, 0, "x")));
            Clock.Advance(TimeSpan.FromDays(1));
        }

        Assert.IsType<AppendOutcome.ProducerLimit>(await stream.SendAsync(AppendAs("new", 0, 0, "x")));
        Assert.IsType<AppendOutcome.Duplicate>(await stream.SendAsync(AppendAs("p0", 0, 0, "x")));
        Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(AppendAs("p0", 0, 1, "x")));

        // Last used: p1 after one day, p2 after two, p0 after three, which is now.
        Clock.Advance(TimeSpan.FromDays(4.9));
        Assert.IsType<AppendOutcome.ProducerLimit>(await stream.SendAsync(AppendAs("new", 0, 0, "x")));
        Clock.Advance(TimeSpan.FromDays(0.2));

        Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(AppendAs("new", 0, 0, "x")));
        Assert.IsType<AppendOutcome.Duplicate>(await stream.SendAsync(AppendAs("p0", 0, 1, "x")));
        Assert.IsType<AppendOutcome.Duplicate>(await stream.SendAsync(AppendAs("p2", 0, 0, "x")));
        Assert.IsType<AppendOutcome.ProducerLimit>(await stream.SendAsync(AppendAs("p1", 0, 0, "x")));
        stream = At(await RestartAsync(setup => setup with { MaxProducersPerStream = 3 }), "s");
        Assert.IsType<AppendOutcome.ProducerLimit>(await stream.SendAsync(AppendAs("p1", 0, 0, "x")));
        Assert.IsType<AppendOutcome.Duplicate>(await stream.SendAsync(AppendAs("new", 0, 0, "x")));
    }

    [Fact]
    public async Task Producer_WithLargestIdAndNumbers_IsAccepted()
    {
        var stream = await StreamAsync();
        var id = new string('p', ProtocolLimits.MaxProducerIdBytes);

        Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(AppendAs(id, ProtocolLimits.MaxProducerNumber, 0, "x")));
        Assert.Equal(
            new AppendOutcome.SequenceGap(1, ProtocolLimits.MaxProducerNumber),
            await stream.SendAsync(AppendAs(id, ProtocolLimits.MaxProducerNumber, ProtocolLimits.MaxProducerNumber, "x")));
    }
}
