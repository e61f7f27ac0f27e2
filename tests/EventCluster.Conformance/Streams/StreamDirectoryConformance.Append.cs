using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Conformance.Streams;

public abstract partial class StreamDirectoryConformance
{
    [Fact]
    public async Task Append_Batch_IsOneRunWithConsecutiveOffsets()
    {
        var stream = await StreamAsync();
        var start = (await stream.StateAsync()).Tail;

        var first = await stream.PutAsync("1");
        var second = await stream.PutAsync("2", "3", "4");

        Assert.Equal((start, Plus(start, 1), false), (first.First, first.Next, first.Closed));
        Assert.Equal((Plus(start, 1), Plus(start, 4), false), (second.First, second.Next, second.Closed));
        Assert.Equal(["1", "2", "3", "4"], await stream.TextsAsync());
        Assert.Equal(second.Next, (await stream.StateAsync()).Tail);
    }

    [Fact]
    public async Task Append_EventTimes_NeverFallThoughTheClockDoes()
    {
        var stream = await StreamAsync();
        List<long> expected = [];
        foreach (var seconds in new[] { 0, 5, -3, 2 })
        {
            Clock.JumpWallClock(TimeSpan.FromSeconds(seconds));
            await stream.PutAsync("x");
            expected.Add(Math.Max(expected.LastOrDefault(), Clock.GetUtcNow().ToUnixTimeMilliseconds()));
        }

        var batch = await stream.BatchAsync((await stream.StateAsync()).Earliest);

        Assert.Equal(expected, batch.Slices.SelectMany(s => Enumerable.Range(s.Start, s.Count).Select(s.Block.GetTimeMilliseconds)));
    }

    [Fact]
    public async Task Append_ByManyAtOnce_GivesEachItsOwnWholeRange()
    {
        const int Writers = 20, Each = 25;
        var stream = await StreamAsync();

        var outcomes = await Phase.OfAsync("appends end", Task.WhenAll(Enumerable.Range(0, Writers * Each).Select(i => Task.Run(
            async () => (Index: i, Outcome: await stream.PutAsync($"{i}", $"{i}b")), Cancellation))));

        var texts = await stream.TextsAsync();
        Assert.Equal(Writers * Each * 2, texts.Length);
        foreach (var (index, outcome) in outcomes)
        {
            Assert.Equal(outcome.First.Sequence + 2, outcome.Next.Sequence);
            Assert.Equal([$"{index}", $"{index}b"], texts[(int)outcome.First.Sequence..(int)outcome.Next.Sequence]);
        }
    }

    [Fact]
    public async Task Append_LargestEvent_ComesBackWhole()
    {
        var stream = await StreamAsync();
        var payload = TestData.Bytes(3, ProtocolLimits.MaxEventBytes);

        var outcome = await stream.SendAsync(new AppendRequest { Events = [payload, default, payload] });

        var first = Assert.IsType<AppendOutcome.Appended>(outcome).First;
        var slice = Assert.Single((await stream.BatchAsync(first, maxEvents: 1)).Slices);
        Assert.Equal(payload, slice.Block.GetPayload(slice.Start).ToArray());
        Assert.Equal((2 * payload.Length), (await stream.StateAsync()).RetainedBytes);
    }

    [Fact]
    public async Task Append_MissingStream_IsNotFound()
    {
        Assert.IsType<AppendOutcome.NotFound>(await At(await OpenAsync(), "no").SendAsync(Append("x")));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("text/plain", true)]
    [InlineData("TEXT/plain;charset=latin1", true)]
    [InlineData("text/html", false)]
    public async Task Append_ContentType_MustBeTheStreams(string? type, bool accepted)
    {
        var stream = At(await OpenAsync(), "s");
        await stream.NewAsync(new CreateRequest { ContentType = Type("text/plain") });

        var outcome = await stream.SendAsync(Append("x") with { ContentType = type is null ? null : Type(type) });

        if (accepted)
        {
            Assert.IsType<AppendOutcome.Appended>(outcome);
        }
        else
        {
            Assert.Equal("text/plain", Assert.IsType<AppendOutcome.ContentTypeMismatch>(outcome).Expected.Original);
            Assert.Empty(await stream.TextsAsync());
        }
    }

    [Fact]
    public async Task Close_WithAndWithoutEvents_EndsTheStream()
    {
        var stream = await StreamAsync("1");

        var closing = Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(Append("2") with { Close = true }));

        Assert.True(closing.Closed);
        Assert.True((await stream.StateAsync()).Closed);
        Assert.Equal(closing.Next, Assert.IsType<AppendOutcome.AlreadyClosed>(await stream.CloseAsync()).Tail);
        Assert.Equal(closing.Next, Assert.IsType<AppendOutcome.RefusedClosed>(await stream.SendAsync(Append("3"))).Tail);
        Assert.IsType<AppendOutcome.RefusedClosed>(await stream.SendAsync(Append("3") with { Close = true }));
        Assert.Equal(["1", "2"], await stream.TextsAsync());
        stream = At(await RestartAsync(), "s");
        Assert.IsType<AppendOutcome.RefusedClosed>(await stream.SendAsync(Append("3")));
    }

    [Fact]
    public async Task Close_Only_IgnoresTheContentType()
    {
        var stream = await StreamAsync("1");

        var outcome = await stream.SendAsync(new AppendRequest { Close = true, ContentType = Type("text/html") });

        var appended = Assert.IsType<AppendOutcome.Appended>(outcome);
        Assert.True(appended.Closed);
        Assert.Equal(appended.First, appended.Next);
    }

    [Fact]
    public async Task Append_ExpectedOffset_MustBeTheTail()
    {
        var stream = await StreamAsync("1 2");
        var tail = (await stream.StateAsync()).Tail;
        StreamOffset[] others = [Plus(tail, -1), Plus(tail, 1), tail with { Incarnation = tail.Incarnation + 1 }];

        foreach (var other in others)
        {
            var refused = await stream.SendAsync(Append("x") with { ExpectedOffset = other });
            Assert.Equal(tail, Assert.IsType<AppendOutcome.TailMismatch>(refused).Tail);
        }

        Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(Append("3") with { ExpectedOffset = tail }));
        Assert.IsType<AppendOutcome.TailMismatch>(await stream.SendAsync(Append("x") with { ExpectedOffset = tail }));
        Assert.Equal(["1", "2", "3"], await stream.TextsAsync());
    }

    [Fact]
    public async Task Append_ExpectedOffsetByManyAtOnce_LetsOneThrough()
    {
        var stream = await StreamAsync("1");
        var tail = (await stream.StateAsync()).Tail;

        var outcomes = await Phase.OfAsync("appends end", Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(
            () => stream.SendAsync(Append($"{i}") with { ExpectedOffset = tail }), Cancellation))));

        Assert.Single(outcomes.OfType<AppendOutcome.Appended>());
        Assert.All(outcomes.OfType<AppendOutcome.TailMismatch>(), mismatch => Assert.Equal(Plus(tail, 1), mismatch.Tail));
        Assert.Equal(2, (await stream.TextsAsync()).Length);
    }

    [Fact]
    public async Task Append_StreamSeq_MustRiseByBytes()
    {
        var stream = await StreamAsync();
        string[] rising = ["", "1", "10", "2", "B", "a", "\uffff", "\U0001F600", "\U0001F600a"];
        for (var i = 1; i < rising.Length; i++)
        {
            Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(Append(rising[i]) with { StreamSeq = rising[i] }));
            foreach (var earlier in rising[1..(i + 1)])
            {
                var refused = await stream.SendAsync(Append("x") with { StreamSeq = earlier });
                Assert.Equal(rising[i], Assert.IsType<AppendOutcome.StreamSeqConflict>(refused).Last);
            }

            await stream.PutAsync("no sequence, no change");
        }

        var restarted = At(await RestartAsync(), "s");
        Assert.IsType<AppendOutcome.StreamSeqConflict>(await restarted.SendAsync(Append("x") with { StreamSeq = rising[^1] }));
    }

    /// <summary>Goal: the order of checks of DESIGN section 7. Each request breaks the named rule and all later ones.</summary>
    [Theory]
    [InlineData("closed", typeof(AppendOutcome.RefusedClosed))]
    [InlineData("type", typeof(AppendOutcome.ContentTypeMismatch))]
    [InlineData("stale epoch", typeof(AppendOutcome.StaleEpoch))]
    [InlineData("sequence gap", typeof(AppendOutcome.SequenceGap))]
    [InlineData("epoch start", typeof(AppendOutcome.EpochMustStartAtZero))]
    [InlineData("duplicate", typeof(AppendOutcome.Duplicate))]
    [InlineData("expected", typeof(AppendOutcome.TailMismatch))]
    [InlineData("stream seq", typeof(AppendOutcome.StreamSeqConflict))]
    public async Task Append_WithSeveralFaults_ReportsTheFirstInOrder(string first, Type outcome)
    {
        var stream = await StreamAsync();
        await stream.SendAsync(AppendAs("p", 5, 0, "x") with { StreamSeq = "5", Close = first == "closed" });
        var request = Append("y") with
        {
            ContentType = first is "closed" or "type" ? Type("text/html") : null,
            Producer = first switch
            {
                "stale epoch" => new ProducerStamp("p", 4, 0),
                "sequence gap" or "closed" or "type" => new ProducerStamp("p", 5, 7),
                "epoch start" => new ProducerStamp("p", 6, 1),
                "duplicate" => new ProducerStamp("p", 5, 0),
                _ => null,
            },
            ExpectedOffset = first == "stream seq" ? null : new StreamOffset(1, 999),
            StreamSeq = "5",
        };

        Assert.IsType(outcome, await stream.SendAsync(request));
        Assert.Equal(["x"], await stream.TextsAsync());
    }
}
