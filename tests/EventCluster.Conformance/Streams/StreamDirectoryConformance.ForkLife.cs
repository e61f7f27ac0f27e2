using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Conformance.Streams;

/// <content>Forks: soft delete, cascades, what they hold, depth (Durable Streams 4.2, CORRECTNESS rule 8).</content>
public abstract partial class StreamDirectoryConformance
{
    [Fact]
    public async Task Delete_WithForks_IsGoneForAllOperationsAndKeepsTheData()
    {
        var directory = await OpenAsync();
        var (source, fork) = await SourceAndForkAsync(directory);
        var start = (await source.StateAsync()).Earliest;

        Assert.IsType<DeleteOutcome.Deleted>(await source.DeleteAsync(Cancellation));

        for (var round = 0; round < 2; round++)
        {
            Assert.IsType<DescribeOutcome.Gone>(await source.DescribeAsync(Cancellation));
            Assert.IsType<ReadOutcome.Gone>(await source.PeekAsync(start));
            Assert.IsType<AppendOutcome.Gone>(await source.SendAsync(Append("x")));
            Assert.IsType<DeleteOutcome.Gone>(await source.DeleteAsync(Cancellation));
            Assert.IsType<TrimOutcome.Gone>(await source.TrimAsync(start, Cancellation));
            Assert.IsType<ConfigureOutcome.Gone>(await source.ConfigureAsync(new RetentionLimits(Events: 1), Cancellation));
            Assert.IsType<CreateOutcome.Held>(await source.CreateAsync(new CreateRequest(), Cancellation));
            Assert.Equal(["1", "2"], await fork.TextsAsync());
            directory = await RestartAsync();
            (source, fork) = (At(directory, "source"), At(directory, "fork"));
        }

        Assert.IsType<DeleteOutcome.Deleted>(await fork.DeleteAsync(Cancellation));
        await EventuallyAsync("source is cleaned up", async () =>
            await source.DescribeAsync(Cancellation) is DescribeOutcome.NotFound);
        await source.NewAsync();
        await fork.NewAsync();
    }

    [Fact]
    public async Task Delete_OneOfTwoForks_KeepsTheSource()
    {
        var directory = await OpenAsync();
        var (source, fork) = await SourceAndForkAsync(directory);
        var second = At(directory, "second");
        await second.NewForkAsync(source);
        await source.DeleteAsync(Cancellation);

        await fork.DeleteAsync(Cancellation);
        Clock.Advance(TimeSpan.FromMinutes(3));
        directory = await RestartAsync();

        Assert.IsType<DescribeOutcome.Gone>(await At(directory, "source").DescribeAsync(Cancellation));
        Assert.Equal(["1", "2"], await At(directory, "second").TextsAsync());
    }

    [Fact]
    public async Task Delete_LastFork_CleansUpTheWholeChain()
    {
        var directory = await OpenAsync();
        var (source, fork) = await SourceAndForkAsync(directory);
        var grandchild = At(directory, "grandchild");
        await fork.PutAsync("3");
        await grandchild.NewForkAsync(fork);
        await grandchild.PutAsync("4");
        await source.DeleteAsync(Cancellation);
        await fork.DeleteAsync(Cancellation);
        Assert.Equal(["1", "2", "3", "4"], await grandchild.TextsAsync());

        await grandchild.DeleteAsync(Cancellation);

        foreach (var stream in new[] { grandchild, fork, source })
        {
            await EventuallyAsync($"{stream.Name} is cleaned up", async () =>
                await stream.DescribeAsync(Cancellation) is DescribeOutcome.NotFound);
        }
    }

    [Fact]
    public async Task Delete_AForkOfALiveSource_LeavesTheSourceDeletable()
    {
        var (source, fork) = await SourceAndForkAsync(await OpenAsync());
        await fork.DeleteAsync(Cancellation);

        await EventuallyAsync("hold is released", async () =>
            await source.DeleteAsync(Cancellation) is DeleteOutcome.Deleted or DeleteOutcome.Gone or DeleteOutcome.NotFound
            && await source.DescribeAsync(Cancellation) is DescribeOutcome.NotFound);
    }

    [Fact]
    public async Task Fork_DeletedAndForkedAgain_NeverServesTheOldForksOffsets()
    {
        var directory = await OpenAsync();
        var (source, fork) = await SourceAndForkAsync(directory);
        var old = await fork.PutAsync("old 3", "old 4");
        await fork.DeleteAsync(Cancellation);

        await EventuallyAsync("forked again", async () =>
            await ForkAsync(fork, new ForkSpec(source.Name, null, FromStart: false, 0)) is CreateOutcome.Created);
        await fork.PutAsync("new 3", "new 4", "new 5");

        Assert.Equal(GapReason.Recreated, (await fork.GapAsync(old.Next)).Reason);
        Assert.Equal(GapReason.Recreated, (await fork.GapAsync(Plus(old.Next, -1))).Reason);
        Assert.Equal(["2", "new 3", "new 4", "new 5"], await fork.TextsAsync(Plus(old.First, -1)));
    }

    [Fact]
    public async Task Trim_OfTheSource_KeepsWhatTheForkInherits()
    {
        var directory = await OpenAsync();
        var (source, fork) = await SourceAndForkAsync(directory);
        await source.PutAsync("3");
        var tail = (await source.StateAsync()).Tail;

        await source.TrimAsync(tail, Cancellation);

        Assert.Empty(await source.TextsAsync());
        Assert.Equal(["1", "2"], await fork.TextsAsync());
        directory = await RestartAsync();
        Assert.Equal(["1", "2"], await At(directory, "fork").TextsAsync());
        Assert.Equal(tail, (await At(directory, "source").StateAsync()).Earliest);
    }

    [Fact]
    public async Task Retention_OfTheSource_KeepsWhatTheForkInherits()
    {
        var directory = await OpenAsync();
        var (source, fork) = await SourceAndForkAsync(directory);

        await source.ConfigureAsync(new RetentionLimits(Events: 1), Cancellation);
        for (var i = 3; i < 8; i++)
        {
            await source.PutAsync($"{i}");
        }

        Assert.Equal(["7"], await source.TextsAsync());
        Assert.Equal(["1", "2"], await fork.TextsAsync());
        Assert.Equal(["1", "2"], await At(await RestartAsync(), "fork").TextsAsync());
    }

    [Fact]
    public async Task Trim_OfTheFork_ReachesIntoInheritedEvents()
    {
        var directory = await OpenAsync();
        var (source, fork) = await SourceAndForkAsync(directory);
        await fork.PutAsync("3");
        var start = (await fork.StateAsync()).Earliest;

        var trimmed = Assert.IsType<TrimOutcome.Trimmed>(await fork.TrimAsync(Plus(start, 1), Cancellation));

        Assert.Equal(Plus(start, 1), trimmed.Descriptor.Earliest);
        Assert.Equal(["2", "3"], await fork.TextsAsync());
        Assert.Equal(GapReason.Trimmed, (await fork.GapAsync(start)).Reason);
        Assert.Equal(["1", "2"], await source.TextsAsync());
    }

    [Fact]
    public async Task Trim_OfTheForkPastItsPoint_ReleasesTheSource()
    {
        var directory = await OpenAsync();
        var (source, fork) = await SourceAndForkAsync(directory);
        await fork.PutAsync("3");
        await source.DeleteAsync(Cancellation);

        await fork.TrimAsync((await fork.StateAsync()).Tail, Cancellation);

        await EventuallyAsync("source is cleaned up", async () =>
            await source.DescribeAsync(Cancellation) is DescribeOutcome.NotFound);
        await fork.PutAsync("4");
        Assert.Equal(["4"], await fork.TextsAsync());
    }

    [Fact]
    public async Task Expiry_OfASourceWithForks_KeepsTheData()
    {
        var directory = await OpenAsync();
        var (source, fork) = (At(directory, "source"), At(directory, "fork"));
        await source.NewAsync(new CreateRequest { TtlSeconds = 20, Events = TestData.Payloads("1", "2") });
        await fork.NewAsync(new CreateRequest { Fork = new ForkSpec(source.Name, null, FromStart: false, 0), TtlSeconds = 10_000 });

        Clock.Advance(TimeSpan.FromSeconds(21));

        Assert.IsType<DescribeOutcome.Gone>(await source.DescribeAsync(Cancellation));
        Assert.IsType<CreateOutcome.Held>(await source.CreateAsync(new CreateRequest(), Cancellation));
        Assert.Equal(["1", "2"], await fork.TextsAsync());
    }

    [Fact]
    public async Task Expiry_OfTheLastFork_CleansUpADeletedSource()
    {
        var directory = await OpenAsync();
        var (source, fork) = (At(directory, "source"), At(directory, "fork"));
        await source.NewAsync(new CreateRequest { Events = TestData.Payloads("1", "2") });
        await fork.NewAsync(new CreateRequest { Fork = new ForkSpec(source.Name, null, FromStart: false, 0), TtlSeconds = 20 });
        await source.DeleteAsync(Cancellation);
        directory = await RestartAsync();

        await EventuallyAsync("source is cleaned up", async () =>
            await At(directory, "source").DescribeAsync(Cancellation) is DescribeOutcome.NotFound);
    }

    [Fact]
    public async Task Fork_ChainOf64_ReadsThroughAndThe65thIsTooDeep()
    {
        var directory = await OpenAsync();
        var previous = At(directory, "fork00");
        await previous.NewAsync();
        await previous.PutAsync("0");
        for (var depth = 1; depth <= ProtocolLimits.MaxForkDepth; depth++)
        {
            var fork = At(directory, $"fork{depth:00}");
            await fork.NewForkAsync(previous);
            await fork.PutAsync($"{depth}");
            previous = fork;
        }

        Assert.IsType<CreateOutcome.ForkTooDeep>(
            await ForkAsync(At(directory, "fork65"), new ForkSpec(previous.Name, null, FromStart: false, 0)));
        var expected = Enumerable.Range(0, 65).Select(i => $"{i}");
        Assert.Equal(expected, await previous.TextsAsync());
        Assert.Equal(expected, await At(await RestartAsync(), "fork64").TextsAsync());
    }

    [Fact]
    public async Task Fork_OfAForkBelowItsPoint_ReadsTheFirstSource()
    {
        var directory = await OpenAsync();
        var (source, fork) = await SourceAndForkAsync(directory);
        await fork.PutAsync("3");
        var start = (await fork.StateAsync()).Earliest;
        var grandchild = At(directory, "grandchild");

        await grandchild.NewForkAsync(fork, Plus(start, 1));
        await grandchild.PutAsync("other 2");
        await fork.DeleteAsync(Cancellation);
        await source.DeleteAsync(Cancellation);

        Assert.Equal(["1", "other 2"], await grandchild.TextsAsync());
        Assert.Equal(["1", "other 2"], await At(await RestartAsync(), "grandchild").TextsAsync());
    }
}
