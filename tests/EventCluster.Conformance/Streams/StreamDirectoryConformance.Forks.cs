using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Conformance.Streams;

/// <content>Forks: creation, fork points and inherited events (Durable Streams 4.2).</content>
public abstract partial class StreamDirectoryConformance
{
    [Fact]
    public async Task Fork_AtTheTail_SharesTheHistoryAndGoesItsOwnWay()
    {
        var directory = await OpenAsync();
        var (source, fork) = await SourceAndForkAsync(directory);
        var sourceTail = (await source.StateAsync()).Tail;

        var first = await fork.PutAsync("fork 3");
        await source.PutAsync("source 3", "source 4");

        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(["1", "2", "fork 3"], await fork.TextsAsync());
            Assert.Equal(["1", "2", "source 3", "source 4"], await source.TextsAsync());
            var state = await fork.StateAsync();
            Assert.Equal(source.Name, state.ForkedFrom);
            Assert.Equal((sourceTail, 3L), (first.First, state.Tail.Sequence));
            Assert.True(state.Tail.Incarnation > sourceTail.Incarnation, "Own events are a newer history.");
            Assert.Equal(["2", "fork 3"], await fork.TextsAsync(Plus(sourceTail, -1)));
            Assert.Equal(["fork 3"], await fork.TextsAsync(sourceTail));
            Assert.Equal(GapReason.Recreated, (await fork.GapAsync(Plus(sourceTail, 1))).Reason);
            Assert.Equal(GapReason.Recreated, (await source.GapAsync(state.Tail)).Reason);
            directory = await RestartAsync();
            (source, fork) = (At(directory, "source"), At(directory, "fork"));
        }
    }

    [Fact]
    public async Task Fork_ReadersAndSourceReaders_AreWokenOnlyByTheirOwnStream()
    {
        var (source, fork) = await SourceAndForkAsync(await OpenAsync());
        var tail = (await source.StateAsync()).Tail;
        var (onSource, onFork) = (source.WaitAsync(tail), fork.WaitAsync(tail));

        await source.PutAsync("source 3");
        Assert.Equal(["source 3"], Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("source wakes", onSource)).Texts());
        Assert.False(onFork.IsCompleted);
        await fork.PutAsync("fork 3");

        Assert.Equal(["fork 3"], Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("fork wakes", onFork)).Texts());
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "1")]
    [InlineData(3, "1 2 3")]
    [InlineData(5, "1 2 3 4 5")]
    public async Task Fork_AtAnOffset_InheritsWhatLiesBefore(int point, string inherited)
    {
        var source = await StreamAsync("1 2", "3 4", "5");
        var fork = At(_opened[^1].Directory, "fork");
        var start = (await source.StateAsync()).Earliest;

        var created = await fork.NewForkAsync(source, Plus(start, point));
        await fork.PutAsync("own");

        Assert.Equal((start, Plus(start, point)), (created.Earliest, created.Tail));
        Assert.Equal($"{inherited} own".Trim(), string.Join(' ', await fork.TextsAsync()));
        for (var i = point + 1; i <= 5; i++)
        {
            Assert.Equal(GapReason.Recreated, (await fork.GapAsync(Plus(start, i))).Reason);
        }
    }

    [Fact]
    public async Task Fork_FromTheStart_InheritsNothing()
    {
        var source = await StreamAsync("1 2 3");
        await source.TrimAsync(Plus((await source.StateAsync()).Earliest, 1), Cancellation);
        var fork = At(_opened[^1].Directory, "fork");

        await fork.NewForkAsync(source, fromStart: true);
        await fork.PutAsync("own");

        Assert.Equal(["own"], await fork.TextsAsync());
        Assert.Equal(1, (await fork.StateAsync()).Earliest.Sequence);
    }

    [Theory]
    [InlineData(0, "ab")]
    [InlineData(1, "ab c")]
    [InlineData(2, "ab cd")]
    [InlineData(3, "ab cde")]
    public async Task Fork_WithBytesAsSubOffset_TurnsThePrefixIntoItsOwnEvent(int subOffset, string expected)
    {
        var source = await StreamAsync("ab cde fg");
        var fork = At(_opened[^1].Directory, "fork");
        var start = (await source.StateAsync()).Earliest;

        await fork.NewForkAsync(source, Plus(start, 1), subOffset: subOffset);
        await fork.PutAsync("own");

        Assert.Equal($"{expected} own", string.Join(' ', await fork.TextsAsync()));
        var state = await fork.StateAsync();
        Assert.Equal(subOffset == 0 ? 2 : 3, state.Tail.Sequence);
        if (subOffset is 1 or 2)
        {
            Assert.Equal(GapReason.Recreated, (await fork.GapAsync(Plus(start, 2))).Reason);
        }
    }

    [Theory]
    [InlineData(0, "1")]
    [InlineData(1, "1 2")]
    [InlineData(3, "1 2 3 4")]
    public async Task Fork_WithEventsAsSubOffsetOfJson_InheritsThatManyMore(int subOffset, string expected)
    {
        var directory = await OpenAsync();
        var (source, fork) = (At(directory, "source"), At(directory, "fork"));
        var created = await source.NewAsync(new CreateRequest { ContentType = Type("application/json") });
        await source.PutAsync("1", "2");
        await source.PutAsync("3", "4");

        await fork.NewForkAsync(source, Plus(created.Earliest, 1), subOffset: subOffset);

        Assert.Equal(expected, string.Join(' ', await fork.TextsAsync()));
        Assert.Equal(Plus(created.Earliest, 1 + subOffset), (await fork.StateAsync()).Tail);
    }

    [Theory]
    [InlineData("text/plain", 0, 3)]
    [InlineData("text/plain", 2, 1)]
    [InlineData("application/json", 0, 3)]
    [InlineData("application/json", 2, 1)]
    public async Task Fork_WithSubOffsetTooFar_IsInvalid(string type, int point, int subOffset)
    {
        var directory = await OpenAsync();
        var source = At(directory, "source");
        var start = (await source.NewAsync(new CreateRequest { ContentType = Type(type) })).Earliest;
        await source.PutAsync("11", "22");

        Assert.NotEmpty(Assert.IsType<CreateOutcome.InvalidFork>(
            await ForkAsync(At(directory, "fork"), new ForkSpec(source.Name, Plus(start, point), FromStart: false, subOffset))).What);
        Assert.IsType<DescribeOutcome.NotFound>(await At(directory, "fork").DescribeAsync(Cancellation));
        Assert.IsType<DeleteOutcome.Deleted>(await source.DeleteAsync(Cancellation));
        Assert.IsType<DeleteOutcome.NotFound>(await source.DeleteAsync(Cancellation));
    }

    [Fact]
    public async Task Fork_AtAPositionThatIsNotTheSources_IsRefused()
    {
        var source = await StreamAsync("1 2 3");
        var fork = At(_opened[^1].Directory, "fork");
        var state = await source.StateAsync();
        await source.TrimAsync(Plus(state.Earliest, 2), Cancellation);

        var beyond = await ForkAsync(fork, new ForkSpec(source.Name, Plus(state.Tail, 1), FromStart: false, 0));
        var dropped = await ForkAsync(fork, new ForkSpec(source.Name, state.Earliest, FromStart: false, 0));
        var alien = await ForkAsync(
            fork, new ForkSpec(source.Name, state.Tail with { Incarnation = state.Tail.Incarnation + 9 }, FromStart: false, 0));

        Assert.IsType<CreateOutcome.InvalidFork>(beyond);
        Assert.Equal(GapReason.Trimmed, Assert.IsType<CreateOutcome.ForkGap>(dropped).Gap.Reason);
        Assert.Equal(GapReason.Recreated, Assert.IsType<CreateOutcome.ForkGap>(alien).Gap.Reason);
        Assert.IsType<DescribeOutcome.NotFound>(await fork.DescribeAsync(Cancellation));
    }

    [Fact]
    public async Task Fork_OfMissingOrDeletedSource_IsRefused()
    {
        var directory = await OpenAsync();
        var (source, fork) = await SourceAndForkAsync(directory);
        var second = At(directory, "second");

        Assert.IsType<CreateOutcome.SourceNotFound>(
            await ForkAsync(second, new ForkSpec(TestData.Name("no"), null, FromStart: false, 0)));
        await source.DeleteAsync(Cancellation);
        Assert.IsType<CreateOutcome.SourceGone>(await ForkAsync(second, new ForkSpec(source.Name, null, FromStart: false, 0)));

        Assert.Equal(["1", "2"], await fork.TextsAsync());
    }

    [Fact]
    public async Task Fork_ContentType_IsTheSources()
    {
        var directory = await OpenAsync();
        var source = At(directory, "source");
        await source.NewAsync(new CreateRequest { ContentType = Type("text/plain; charset=utf-8") });
        var spec = new ForkSpec(source.Name, null, FromStart: false, 0);

        var inherited = await At(directory, "a").NewAsync(new CreateRequest { Fork = spec });
        var same = await At(directory, "b").NewAsync(new CreateRequest { Fork = spec, ContentType = Type("TEXT/plain") });
        var other = await At(directory, "c").CreateAsync(
            new CreateRequest { Fork = spec, ContentType = Type("text/html") }, Cancellation);

        Assert.Equal("text/plain; charset=utf-8", inherited.ContentType.Original);
        Assert.Equal("text/plain", same.ContentType.MediaType);
        Assert.Equal("text/plain", Assert.IsType<CreateOutcome.SourceTypeMismatch>(other).Expected.MediaType);
    }

    /// <summary>The table of Durable Streams 4.2: what a fork gets from (source, request).</summary>
    [Theory]
    [InlineData("", "", "")]
    [InlineData("", "ttl 7", "ttl 7")]
    [InlineData("", "at 7", "at 7")]
    [InlineData("ttl 500", "", "ttl 500")]
    [InlineData("ttl 500", "ttl 700", "ttl 700")]
    [InlineData("ttl 500", "at 700", "at 700")]
    [InlineData("at 500", "", "at 500")]
    [InlineData("at 500", "ttl 700", "ttl 700")]
    [InlineData("at 500", "at 700", "at 700")]
    public async Task Fork_Expiry_FollowsTheTable(string source, string request, string expected)
    {
        var directory = await OpenAsync();
        await At(directory, "source").NewAsync(Lifetime(source, new CreateRequest()));

        var fork = await At(directory, "fork").NewAsync(Lifetime(
            request, new CreateRequest { Fork = new ForkSpec(TestData.Name("source"), null, FromStart: false, 0) }));

        var wanted = Lifetime(expected, new CreateRequest());
        Assert.Equal((wanted.TtlSeconds, wanted.ExpiresAt), (fork.TtlSeconds, fork.ExpiresAt));
    }

    [Fact]
    public async Task Fork_RepeatedCreate_ComparesTheForkAsRequested()
    {
        var directory = await OpenAsync();
        var (source, fork) = await SourceAndForkAsync(directory);
        var tail = (await source.StateAsync()).Tail;
        await source.PutAsync("grown");
        await At(directory, "other").NewAsync();
        var omitted = new ForkSpec(source.Name, null, FromStart: false, SubOffset: 0);

        Assert.IsType<CreateOutcome.Exists>(await ForkAsync(fork, omitted));
        Assert.IsType<CreateOutcome.Conflict>(await ForkAsync(fork, omitted with { Offset = tail }));
        Assert.IsType<CreateOutcome.Conflict>(await ForkAsync(fork, omitted with { FromStart = true }));
        Assert.IsType<CreateOutcome.Conflict>(await ForkAsync(fork, omitted with { SubOffset = 1 }));
        Assert.IsType<CreateOutcome.Conflict>(await ForkAsync(fork, omitted with { Source = TestData.Name("other") }));
        Assert.IsType<CreateOutcome.Conflict>(await fork.CreateAsync(new CreateRequest(), Cancellation));
        Assert.Equal(["1", "2"], await fork.TextsAsync());
    }

    [Fact]
    public async Task Fork_OfAClosedStream_IsOpenAndStartsWithoutWriterState()
    {
        var directory = await OpenAsync();
        var source = At(directory, "source");
        await source.NewAsync();
        await source.SendAsync(AppendAs("p", 4, 0, "1") with { StreamSeq = "9" });
        await source.SendAsync(AppendAs("p", 4, 1, "2") with { Close = true });
        var fork = At(directory, "fork");

        Assert.False((await fork.NewForkAsync(source)).Closed);

        Assert.IsType<AppendOutcome.Appended>(await fork.SendAsync(AppendAs("p", 0, 0, "3") with { StreamSeq = "1" }));
        Assert.Equal(["1", "2", "3"], await fork.TextsAsync());
    }

    [Fact]
    public async Task Fork_WithEventsAndClose_IsOneCommit()
    {
        var directory = await OpenAsync();
        var source = At(directory, "source");
        await source.NewAsync(new CreateRequest { Events = TestData.Payloads("1") });
        var fork = At(directory, "fork");

        var created = await fork.NewAsync(new CreateRequest
        {
            Fork = new ForkSpec(source.Name, null, FromStart: false, 0),
            Events = TestData.Payloads("2", "3"),
            Close = true,
        });

        Assert.Equal((3L, true), (created.Tail.Sequence, created.Closed));
        Assert.Equal(["1", "2", "3"], await fork.TextsAsync());
    }

    private static async Task<(IStreamHandle Source, IStreamHandle Fork)> SourceAndForkAsync(IStreamDirectory directory)
    {
        var (source, fork) = (At(directory, "source"), At(directory, "fork"));
        await source.NewAsync();
        await source.PutAsync("1", "2");
        await fork.NewForkAsync(source);
        return (source, fork);
    }

    private static Task<CreateOutcome> ForkAsync(IStreamHandle fork, ForkSpec spec) =>
        Phase.OfAsync("fork", fork.CreateAsync(new CreateRequest { Fork = spec }, Cancellation).AsTask());

    private CreateRequest Lifetime(string text, CreateRequest request) => text.Split(' ') switch
    {
        ["ttl", var seconds] => request with { TtlSeconds = long.Parse(seconds) },
        ["at", var seconds] => request with { ExpiresAt = Clock.GetUtcNow() + TimeSpan.FromSeconds(long.Parse(seconds)) },
        _ => request,
    };
}
