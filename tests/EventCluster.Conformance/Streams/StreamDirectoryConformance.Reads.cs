using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Conformance.Streams;

public abstract partial class StreamDirectoryConformance
{
    [Fact]
    public async Task Read_FromEachPosition_GivesTheRest()
    {
        var stream = await StreamAsync("1 2", "3", "4 5 6");
        var start = (await stream.StateAsync()).Earliest;
        string[] all = ["1", "2", "3", "4", "5", "6"];
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i <= all.Length; i++)
            {
                var batch = await stream.BatchAsync(Plus(start, i));
                Assert.Equal(all[i..], batch.Texts());
                Assert.True(batch.UpToDate);
                Assert.False(batch.AtEnd);
                Assert.Equal(all[i..], await stream.TextsAsync(Plus(start, i)));
            }

            stream = At(await RestartAsync(), "s");
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(5, 5)]
    [InlineData(6, 6)]
    [InlineData(100, 6)]
    public async Task Read_MaxEvents_IsExact(int maxEvents, int expected)
    {
        var stream = await StreamAsync("1 2", "3", "4 5 6");

        var batch = await stream.BatchAsync((await stream.StateAsync()).Earliest, maxEvents);

        Assert.Equal(expected, batch.Texts().Length);
        Assert.Equal(expected == 6, batch.UpToDate);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(9, 1)]
    [InlineData(10, 1)]
    [InlineData(19, 1)]
    [InlineData(20, 2)]
    [InlineData(35, 3)]
    [InlineData(40, 4)]
    public async Task Read_MaxBytes_CountsPayloadAndOneEventAlwaysComes(int maxBytes, int expected)
    {
        var stream = await StreamAsync("0123456789 0123456789", "0123456789", "0123456789");

        var batch = await stream.BatchAsync((await stream.StateAsync()).Earliest, maxBytes: maxBytes);

        Assert.Equal(expected, batch.Texts().Length);
    }

    [Fact]
    public async Task Read_AtTheTail_IsAnEmptyBatch()
    {
        var stream = await StreamAsync("1");
        var tail = (await stream.StateAsync()).Tail;

        var batch = await stream.BatchAsync(tail);

        Assert.Equal((tail, tail, 0), (batch.From, batch.Next, batch.Slices.Count));
        Assert.True(batch.UpToDate);
    }

    [Fact]
    public async Task Read_ClosedStream_IsAtEndOnlyWithTheLastEvent()
    {
        var stream = await StreamAsync("1", "2");
        await stream.CloseAsync();
        var start = (await stream.StateAsync()).Earliest;

        Assert.False((await stream.BatchAsync(start, maxEvents: 1)).AtEnd);
        Assert.True((await stream.BatchAsync(start)).AtEnd);
        Assert.True((await stream.BatchAsync(Plus(start, 2))).AtEnd);
    }

    [Fact]
    public async Task Read_BetweenCommits_SharesOneDescriptorAndOneBlock()
    {
        var stream = await StreamAsync("1 2");
        var start = (await stream.StateAsync()).Earliest;

        var (first, second) = (await stream.BatchAsync(start), await stream.BatchAsync(start));

        Assert.Same(first.Descriptor, second.Descriptor);
        Assert.Same(first.Descriptor, await stream.StateAsync());
        Assert.Equal(first.Slices[0].Block, second.Slices[0].Block);
        await stream.PutAsync("3");
        Assert.NotSame(first.Descriptor, await stream.StateAsync());
        Assert.Equal(2, first.Descriptor.RetainedEvents);
    }

    [Fact]
    public async Task Read_MissingStream_IsNotFoundAtOnceAlsoWhenItWouldWait()
    {
        var stream = At(await OpenAsync(), "no");

        Assert.IsType<ReadOutcome.NotFound>(await stream.PeekAsync(new StreamOffset(1, 0)));
        Assert.IsType<ReadOutcome.NotFound>(await Phase.OfAsync("read", stream.WaitAsync(new StreamOffset(1, 0))));
    }

    [Fact]
    public async Task Read_BeyondTheTailOrOfNoHistory_IsAGapAtOnceAlsoWhenItWouldWait()
    {
        var stream = await StreamAsync("1 2");
        var state = await stream.StateAsync();
        var (beyond, alien) = (Plus(state.Tail, 1), state.Tail with { Incarnation = state.Tail.Incarnation + 50 });
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(new StreamGap(beyond, state.Earliest, state.Tail, GapReason.Unknown), await stream.GapAsync(beyond));
            Assert.Equal(new StreamGap(alien, state.Earliest, state.Tail, GapReason.Recreated), await stream.GapAsync(alien));
            Assert.IsType<ReadOutcome.Gap>(await Phase.OfAsync("read", stream.WaitAsync(beyond)));
            Assert.IsType<ReadOutcome.Gap>(await Phase.OfAsync("read", stream.WaitAsync(alien)));
            stream = At(await RestartAsync(), "s");
        }
    }

    [Fact]
    public async Task Read_BesideAppends_IsGapFreeForEveryReader()
    {
        const int Events = 400, Readers = 8;
        var stream = await StreamAsync();
        var start = (await stream.StateAsync()).Tail;

        var reading = Enumerable.Range(0, Readers).Select(_ => Task.Run(() => FollowAsync(stream, start), Cancellation)).ToArray();
        for (var i = 0; i < Events; i++)
        {
            await stream.PutAsync($"{i}");
        }

        await stream.CloseAsync();

        foreach (var seen in await Phase.OfAsync("readers reach the end", Task.WhenAll(reading)))
        {
            Assert.Equal(Enumerable.Range(0, Events).Select(i => $"{i}"), seen);
        }
    }

    [Fact]
    public async Task List_Streams_ComesInByteOrderInPages()
    {
        string[] names = ["a", "a/b", "a/b/c", "b", "\u00e9", "\ufffd", "\U0001F600"];
        var directory = await OpenAsync();
        foreach (var name in names.Reverse())
        {
            await At(directory, name).NewAsync();
        }

        List<string> seen = [];
        StreamPage page;
        StreamName? after = null;
        do
        {
            page = await directory.ListAsync("", after, 3, Cancellation);
            Assert.InRange(page.Streams.Count, 0, 3);
            seen.AddRange(page.Streams.Select(s => s.Name.Value));
            after = page.Next;
        }
        while (after is not null);

        Assert.Equal(names, seen);
        page = await directory.ListAsync("a/", after: null, limit: 10, Cancellation);
        Assert.Equal(["a/b", "a/b/c"], page.Streams.Select(s => s.Name.Value));
        Assert.Null(page.Next);
        Assert.Equal(await At(directory, "a/b").StateAsync(), page.Streams[0]);
    }

    [Fact]
    public async Task List_AfterDelete_LeavesTheNameOut()
    {
        var directory = await OpenAsync();
        await At(directory, "a").NewAsync();
        await At(directory, "b").NewAsync();
        await At(directory, "fork").NewForkAsync(At(directory, "a"));

        await At(directory, "a").DeleteAsync(Cancellation);
        await At(directory, "b").DeleteAsync(Cancellation);

        var page = await directory.ListAsync("", after: null, limit: 10, Cancellation);
        Assert.Equal(["fork"], page.Streams.Select(s => s.Name.Value));
    }

    private static async Task<string[]> FollowAsync(IStreamHandle stream, StreamOffset from)
    {
        List<string> texts = [];
        while (true)
        {
            var batch = Assert.IsType<ReadOutcome.Batch>(await stream.WaitAsync(from));
            Assert.Equal(from, batch.From);
            texts.AddRange(batch.Texts());
            from = batch.Next;
            if (batch.AtEnd)
            {
                return [.. texts];
            }
        }
    }
}
