using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Reading;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Feeds;

public sealed class FeedReaderTests
{
    private const int ManyBytes = 1024 * 1024;
    private const int ManyEvents = 10_000;
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_BacklogThenAppends_DeliversEachEventOnceInOrder()
    {
        await using var fixture = new FeedFixture();
        var stream = await fixture.CreateAsync("s", "0", "1", "2");
        using var reader = fixture.Feeds.Open(stream.Name);
        var seen = Take(reader, await reader.OpenAsync(default, ManyBytes, 2, Token));
        for (var next = 3; next < 50; next++)
        {
            var read = reader.ReadAsync(ManyBytes, ManyEvents, Wait, Token).AsTask();
            await FeedFixture.AppendAsync(stream, $"{next}");
            seen.AddRange(Take(reader, await Phase.OfAsync("read", read)));
        }

        while (seen.Count < 50)
        {
            seen.AddRange(Take(reader, await reader.ReadAsync(ManyBytes, ManyEvents, Wait, Token)));
        }

        Assert.Equal(Enumerable.Range(0, 50).Select(n => $"{n}"), seen);
    }

    [Fact]
    public async Task Open_ManyAtAnOldPosition_LoadTheBacklogOnce()
    {
        const int Readers = 50;
        await using var fixture = new FeedFixture();
        var stream = await fixture.CreateAsync("s", [.. Enumerable.Range(0, 200).Select(i => $"{i}")]);
        var readers = Enumerable.Range(0, Readers).Select(_ => fixture.Feeds.Open(stream.Name)).ToList();
        var outcomes = await Task.WhenAll(readers.Select(reader => reader.OpenAsync(default, ManyBytes, ManyEvents, Token).AsTask()));

        for (var i = 0; i < Readers; i++)
        {
            Assert.Equal(Enumerable.Range(0, 200).Select(n => $"{n}"), Take(readers[i], outcomes[i]));
            readers[i].Dispose();
        }

        Assert.Equal((1, 1), (fixture.Blocks.Loads, fixture.Reads));
    }

    [Fact]
    public async Task Open_AFewLargeEventsBack_IsALongBacklogToo()
    {
        await using var fixture = new FeedFixture();
        var stream = await fixture.CreateAsync("s", [.. Enumerable.Range(0, 8).Select(i => new string((char)('a' + i), 16 * 1024))]);
        for (var i = 0; i < 3; i++)
        {
            using var reader = fixture.Feeds.Open(stream.Name);
            Assert.Equal(8, Take(reader, await reader.OpenAsync(default, ManyBytes, ManyEvents, Token)).Count);
        }

        Assert.Equal(1, fixture.Reads);
    }

    [Fact]
    public async Task Open_APositionThatAFeedHas_DoesNotAskTheOwner()
    {
        await using var fixture = new FeedFixture();
        var stream = await fixture.CreateAsync("s", "0");
        using var first = fixture.Feeds.Open(stream.Name);
        await first.OpenAsync(new ReadStart(StartKind.Now), ManyBytes, ManyEvents, Token);
        var start = first.Position;
        var waiting = first.ReadAsync(ManyBytes, ManyEvents, Wait, Token).AsTask();
        var position = await FeedFixture.AppendAsync(stream, "1", "2");
        Assert.Equal(["1", "2"], Take(first, await Phase.OfAsync("delivery", waiting)));
        await Phase.UntilAsync("feed waits", () => fixture.ParkedReads == 1, Token);
        var before = fixture.Reads;

        using var inside = fixture.Feeds.Open(stream.Name);
        using var atTail = fixture.Feeds.Open(stream.Name);
        Assert.Equal(["1", "2"], Take(inside, await inside.OpenAsync(new ReadStart(StartKind.Position, start), ManyBytes, ManyEvents, Token)));
        Assert.Empty(Take(atTail, await atTail.OpenAsync(new ReadStart(StartKind.Position, position), ManyBytes, ManyEvents, Token)));
        Assert.Equal(before, fixture.Reads);

        // Only the owner knows what lies beyond the feed's tail.
        using var beyond = fixture.Feeds.Open(stream.Name);
        var unknown = position with { Sequence = position.Sequence + 1 };
        Assert.IsType<ReadOutcome.Gap>(await beyond.OpenAsync(new ReadStart(StartKind.Position, unknown), ManyBytes, ManyEvents, Token));
        Assert.Equal(before + 1, fixture.Reads);
    }

    [Fact]
    public async Task Read_ManyReadersAtTheTail_WaitWithOneReadUpstream()
    {
        await using var fixture = new FeedFixture();
        var stream = await fixture.CreateAsync("s");
        var readers = new List<FeedReader>();
        for (var i = 0; i < 100; i++)
        {
            var reader = fixture.Feeds.Open(stream.Name);
            await reader.OpenAsync(new ReadStart(StartKind.Now), ManyBytes, ManyEvents, Token);
            readers.Add(reader);
        }

        var opened = fixture.Reads;
        var reads = readers.ConvertAll(reader => reader.ReadAsync(ManyBytes, ManyEvents, Wait, Token).AsTask());
        await Phase.UntilAsync("feed waits", () => fixture.ParkedReads == 1, Token);
        Assert.Equal(1, fixture.Feeds.Count);
        Assert.Equal(1, fixture.Reads - opened);
        await FeedFixture.AppendAsync(stream, "x");
        foreach (var read in reads)
        {
            var batch = Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("delivery", read));
            Assert.Equal("x", Assert.Single(Texts(batch)));
        }

        readers.ForEach(reader => reader.Dispose());
        await Phase.UntilAsync("upstream ended", () => fixture.ParkedReads == 0, Token);
        Assert.Equal(0, fixture.Feeds.Count);
    }

    [Fact]
    public async Task Read_ManyReadersBehind_LoadEachRangeOnce()
    {
        await using var fixture = new FeedFixture(feedBytes: 0);
        var stream = await fixture.CreateAsync("s");
        for (var i = 0; i < 200; i++)
        {
            await FeedFixture.AppendAsync(stream, $"{i}");
        }

        async Task<List<string>> ReadAllAsync()
        {
            using var reader = fixture.Feeds.Open(stream.Name);
            var all = Take(reader, await reader.OpenAsync(default, 1, 1, Token));
            while (all.Count < 200)
            {
                all.AddRange(Take(reader, await reader.ReadAsync(ManyBytes, 7, Wait, Token)));
            }

            return all;
        }

        var readers = Enumerable.Range(0, 30).Select(_ => Task.Run(ReadAllAsync, Token)).ToList();
        foreach (var reader in readers)
        {
            Assert.Equal(Enumerable.Range(0, 200).Select(n => $"{n}"), await Phase.OfAsync("catch-up", reader));
        }

        Assert.Equal(1, fixture.Blocks.Loads);
    }

    [Fact]
    public async Task Read_WaitIsOver_AnswersEmptyAndKeepsOneTimer()
    {
        await using var fixture = new FeedFixture();
        var stream = await fixture.CreateAsync("s", "0");
        using var reader = fixture.Feeds.Open(stream.Name);
        Take(reader, await reader.OpenAsync(default, ManyBytes, ManyEvents, Token));
        for (var i = 0; i < 3; i++)
        {
            var read = reader.ReadAsync(ManyBytes, ManyEvents, Wait, Token).AsTask();
            Assert.False(read.IsCompleted);
            fixture.Clock.Advance(Wait);
            var batch = Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("heartbeat", read));
            Assert.Empty(batch.Slices);
            Assert.False(batch.AtEnd);
        }
    }

    [Fact]
    public async Task Read_Cancelled_Throws()
    {
        await using var fixture = new FeedFixture();
        var stream = await fixture.CreateAsync("s", "0");
        using var reader = fixture.Feeds.Open(stream.Name);
        Take(reader, await reader.OpenAsync(default, ManyBytes, ManyEvents, Token));
        using var cancel = new CancellationTokenSource();
        var read = reader.ReadAsync(ManyBytes, ManyEvents, Wait, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => Phase.OfAsync("cancelled", (Task)read));
    }

    [Fact]
    public async Task Read_StreamCloses_DeliversTheLastEventAndThenTheEnd()
    {
        await using var fixture = new FeedFixture();
        var stream = await fixture.CreateAsync("s", "0");
        using var reader = fixture.Feeds.Open(stream.Name);
        Take(reader, await reader.OpenAsync(default, ManyBytes, ManyEvents, Token));
        var read = reader.ReadAsync(ManyBytes, ManyEvents, Wait, Token).AsTask();
        await stream.AppendAsync(
            new AppendRequest { Events = TestData.Payloads("last"), Close = true }, CancellationToken.None);
        var batch = Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("close", read));
        Assert.Equal("last", Assert.Single(Take(reader, batch)));
        Assert.True(batch.AtEnd);
        var end = Assert.IsType<ReadOutcome.Batch>(await reader.ReadAsync(ManyBytes, ManyEvents, Wait, Token));
        Assert.True(end.AtEnd && end.Slices.Count == 0);
    }

    [Fact]
    public async Task Read_StreamIsDeleted_AnswersNotFound()
    {
        await using var fixture = new FeedFixture();
        var stream = await fixture.CreateAsync("s", "0");
        using var reader = fixture.Feeds.Open(stream.Name);
        Take(reader, await reader.OpenAsync(default, ManyBytes, ManyEvents, Token));
        var read = reader.ReadAsync(ManyBytes, ManyEvents, Wait, Token).AsTask();
        await Phase.UntilAsync("feed waits", () => fixture.ParkedReads == 1, Token);
        await stream.DeleteAsync(Token);
        Assert.IsType<ReadOutcome.NotFound>(await Phase.OfAsync("deletion", read));
    }

    [Fact]
    public async Task Read_StreamIsRecreatedUnderReaders_AnswersTheGapAndServesTheNewHistory()
    {
        await using var fixture = new FeedFixture();
        var stream = await fixture.CreateAsync("s", "old 0", "old 1");
        using var reader = fixture.Feeds.Open(stream.Name);
        await reader.OpenAsync(default, ManyBytes, ManyEvents, Token);
        await reader.ReadAsync(ManyBytes, 1, Wait, Token);
        await stream.DeleteAsync(Token);
        await fixture.CreateAsync("s", "new 0", "new 1");
        ReadOutcome outcome;
        do
        {
            // Until the feed has noticed, events of the old history were read before its end: they are still right.
            outcome = await reader.ReadAsync(ManyBytes, 1, Wait, Token);
        }
        while (outcome is ReadOutcome.Batch);

        var gap = Assert.IsType<ReadOutcome.Gap>(outcome);
        Assert.Equal(GapReason.Recreated, gap.Info.Reason);
        reader.Position = gap.Info.Earliest;
        Assert.Equal(["new 0", "new 1"], Take(reader, await reader.ReadAsync(ManyBytes, ManyEvents, Wait, Token)));
    }

    [Fact]
    public async Task Read_TrimmedUnderTheReader_AnswersTheGap()
    {
        await using var fixture = new FeedFixture();
        var stream = await fixture.CreateAsync("s", "0", "1", "2", "3");
        using var reader = fixture.Feeds.Open(stream.Name);
        Take(reader, await reader.OpenAsync(default, ManyBytes, 1, Token));
        Assert.NotNull(reader.TryFeed());
        await Phase.UntilAsync("feed waits", () => fixture.ParkedReads == 1, Token);
        var tail = Assert.IsType<DescribeOutcome.Found>(await stream.DescribeAsync(Token)).Descriptor.Tail;
        await stream.TrimAsync(tail, Token);
        await Phase.UntilAsync("feed knows", () => reader.Feed!.Descriptor.Earliest.Sequence == 4, Token);
        var gap = Assert.IsType<ReadOutcome.Gap>(await reader.ReadAsync(ManyBytes, ManyEvents, Wait, Token));
        Assert.Equal(GapReason.Trimmed, gap.Info.Reason);
        Assert.Equal(4, gap.Info.Earliest.Sequence);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Read_ThisEdgeTrimmedOrDeleted_KnowsAtOnce(bool deletes)
    {
        await using var fixture = new FeedFixture();
        var stream = await fixture.CreateAsync("s");
        using var reader = fixture.Feeds.Open(stream.Name);
        await reader.OpenAsync(default, ManyBytes, 1, Token);
        reader.TryFeed();
        await FeedFixture.AppendAsync(stream, "0", "1");
        await Phase.UntilAsync("in the window", () => reader.Feed!.Descriptor.Tail.Sequence == 2, Token);
        fixture.HoldsReads = true;
        if (deletes)
        {
            await stream.DeleteAsync(Token);
            fixture.Feeds.OnDeleted(stream.Name);
            Assert.IsType<ReadOutcome.NotFound>(await reader.ReadAsync(ManyBytes, ManyEvents, Wait, Token));
            return;
        }

        var trimmed = Assert.IsType<TrimOutcome.Trimmed>(
            await stream.TrimAsync(reader.Feed!.Descriptor.Tail, Token));
        fixture.Feeds.OnSeen(trimmed.Descriptor);
        Assert.IsType<ReadOutcome.Gap>(await reader.ReadAsync(ManyBytes, ManyEvents, Wait, Token));
    }

    [Fact]
    public async Task Read_PositionAheadOfTheFeed_WaitsAndGoesOn()
    {
        await using var fixture = new FeedFixture();
        var stream = await fixture.CreateAsync("s", "0");
        using var reader = fixture.Feeds.Open(stream.Name);
        await reader.OpenAsync(default, ManyBytes, ManyEvents, Token);
        reader.TryFeed();
        reader.Position = await FeedFixture.AppendAsync(stream, "1");
        var read = reader.ReadAsync(ManyBytes, ManyEvents, Wait, Token).AsTask();
        await FeedFixture.AppendAsync(stream, "2");
        Assert.Equal("2", Assert.Single(Take(reader, await Phase.OfAsync("read", read))));
    }

    [Fact]
    public async Task Read_ForkBehindItsPoint_NeverServesTheSourcesLaterEvents()
    {
        await using var fixture = new FeedFixture(feedBytes: 0);
        var source = await fixture.CreateAsync("source", "0", "1", "2", "3");
        var first = Assert.IsType<DescribeOutcome.Found>(await source.DescribeAsync(Token)).Descriptor;
        var fork = fixture.GetStream(TestData.Name("fork"));
        var point = first.Incarnations.OffsetAfter(2);
        Assert.IsType<CreateOutcome.Created>(await fork.CreateAsync(
            new CreateRequest { Fork = new ForkSpec(source.Name, point, FromStart: false, SubOffset: 0) }, Token));
        await FeedFixture.AppendAsync(fork, "fork 2");

        // The source's reader puts the whole block into the cache that the fork's reader shares.
        using (var reader = fixture.Feeds.Open(source.Name))
        {
            Take(reader, await reader.OpenAsync(default, ManyBytes, 1, Token));
            Assert.Equal(["1", "2", "3"], Take(reader, await reader.ReadAsync(ManyBytes, ManyEvents, Wait, Token)));
        }

        var loads = fixture.Blocks.Loads;
        using var forked = fixture.Feeds.Open(fork.Name);
        var seen = Take(forked, await forked.OpenAsync(default, ManyBytes, 1, Token));
        seen.AddRange(Take(forked, await forked.ReadAsync(ManyBytes, ManyEvents, Wait, Token)));
        Assert.Equal(["0", "1"], seen);
        Assert.Equal(loads, fixture.Blocks.Loads);
        Assert.Equal(["fork 2"], Take(forked, await forked.ReadAsync(ManyBytes, ManyEvents, Wait, Token)));
    }

    private static List<string> Take(FeedReader reader, ReadOutcome outcome)
    {
        var batch = Assert.IsType<ReadOutcome.Batch>(outcome);
        Assert.Equal(reader.Position.Sequence, batch.From.Sequence);
        reader.Position = batch.Next;
        return Texts(batch);
    }

    private static List<string> Texts(ReadOutcome.Batch batch)
    {
        List<string> texts = [];
        foreach (var slice in batch.Slices)
        {
            for (var i = slice.Start; i < slice.End; i++)
            {
                texts.Add(TestData.Text(slice.Block.GetPayload(i)));
            }
        }

        return texts;
    }
}
