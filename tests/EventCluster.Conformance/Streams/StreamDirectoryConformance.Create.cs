using EventCluster.Abstractions.Streams;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Conformance.Streams;

public abstract partial class StreamDirectoryConformance
{
    private static readonly DateTimeOffset Expiry = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Name of the case, the first create, the repeated one, and whether it must confirm (else conflict).</summary>
    public static TheoryData<string, CreateRequest, CreateRequest, bool> RepeatedCreates()
    {
        var plain = new CreateRequest { ContentType = Type("text/plain") };
        var kept = plain with { Retention = new RetentionLimits(Events: 5, Bytes: 100) };
        var timed = plain with { TtlSeconds = 60 };
        return new()
        {
            { "same", plain, plain, true },
            { "other type", plain, plain with { ContentType = Type("text/html") }, false },
            { "other parameters and case", plain, plain with { ContentType = Type("TEXT/Plain; charset=utf-8") }, true },
            { "body is ignored", plain, plain with { Events = TestData.Payloads("x") }, true },
            { "same ttl", timed, timed, true },
            { "other ttl", timed, plain with { TtlSeconds = 61 }, false },
            { "ttl left out", timed, plain, false },
            { "ttl added", plain, timed, false },
            { "expiry instead of ttl", timed, plain with { ExpiresAt = Expiry }, false },
            { "same expiry", plain with { ExpiresAt = Expiry }, plain with { ExpiresAt = Expiry }, true },
            { "same expiry in another zone", plain with { ExpiresAt = Expiry }, plain with { ExpiresAt = Expiry.ToOffset(TimeSpan.FromHours(2)) }, true },
            { "other expiry", plain with { ExpiresAt = Expiry }, plain with { ExpiresAt = Expiry.AddSeconds(1) }, false },
            { "closed again", plain with { Close = true }, plain with { Close = true }, true },
            { "open though closed", plain with { Close = true }, plain, false },
            { "closed though open", plain, plain with { Close = true }, false },
            { "same retention", kept, kept, true },
            { "retention not sent", kept, plain, true },
            { "part of the retention sent", kept, plain with { Retention = new RetentionLimits(Bytes: 100) }, true },
            { "other retention", kept, plain with { Retention = new RetentionLimits(Events: 6) }, false },
            { "retention added", plain, kept, false },
            { "fork of something", plain, plain with { Fork = new ForkSpec(TestData.Name("x"), null, FromStart: false, 0) }, false },
        };
    }

    [Theory]
    [MemberData(nameof(RepeatedCreates))]
    public async Task Create_Repeated_ComparesTheRequestedConfiguration(
        string name, CreateRequest first, CreateRequest second, bool confirms)
    {
        var stream = At(await OpenAsync(), "s");
        var created = await stream.NewAsync(first);

        var outcome = await stream.CreateAsync(second, Cancellation);

        if (confirms)
        {
            Assert.Equal(created.Tail, Assert.IsType<CreateOutcome.Exists>(outcome).Descriptor.Tail);
        }
        else
        {
            Assert.NotEmpty(Assert.IsType<CreateOutcome.Conflict>(outcome).What);
        }

        Assert.Equal(created.Tail, (await stream.StateAsync()).Tail);
        Assert.NotEmpty(name);
    }

    [Fact]
    public async Task Create_New_DescribesWhatWasAsked()
    {
        var stream = At(await OpenAsync(), "s");

        var created = await stream.NewAsync(new CreateRequest
        {
            ContentType = Type("Text/PLAIN; charset=utf-8"),
            TtlSeconds = 60,
            Retention = new RetentionLimits(Events: 5),
            Events = TestData.Payloads("one", "two"),
            Close = true,
        });

        Assert.Equal("Text/PLAIN; charset=utf-8", created.ContentType.Original);
        Assert.Equal(60, created.TtlSeconds);
        Assert.Equal(new RetentionLimits(Events: 5), created.Retention);
        Assert.Equal(0, created.Earliest.Sequence);
        Assert.Equal(2, created.Tail.Sequence);
        Assert.Equal(6, created.RetainedBytes);
        Assert.True(created.Closed);
        Assert.Null(created.ForkedFrom);
        Assert.Equal(["one", "two"], await stream.TextsAsync());
        Assert.True((await stream.BatchAsync(created.Earliest)).AtEnd);
    }

    [Fact]
    public async Task Create_WithNothing_IsAnEmptyOpenStreamOfTheDefaultType()
    {
        var created = await At(await OpenAsync(), "s").NewAsync();

        Assert.Equal("application/octet-stream", created.ContentType.MediaType);
        Assert.Equal(created.Earliest, created.Tail);
        Assert.False(created.Closed);
        Assert.True(created.Retention.IsEmpty);
        Assert.Null(created.Deadline);
    }

    [Fact]
    public async Task Create_AfterLaterClose_ComparesTheCurrentClosedState()
    {
        var stream = At(await OpenAsync(), "s");
        await stream.NewAsync();
        await stream.CloseAsync();

        Assert.IsType<CreateOutcome.Conflict>(await stream.CreateAsync(new CreateRequest(), Cancellation));
        Assert.IsType<CreateOutcome.Exists>(await stream.CreateAsync(new CreateRequest { Close = true }, Cancellation));
    }

    [Fact]
    public async Task Create_ByManyAtOnce_CreatesOnce()
    {
        var stream = At(await OpenAsync(), "s");

        var outcomes = await Phase.OfAsync("creates end", Task.WhenAll(Enumerable.Range(0, 30).Select(i => Task.Run(
            async () => await stream.CreateAsync(new CreateRequest { Events = TestData.Payloads($"{i}") }, Cancellation),
            Cancellation))));

        Assert.Single(outcomes.OfType<CreateOutcome.Created>());
        Assert.Equal(29, outcomes.OfType<CreateOutcome.Exists>().Count());
        Assert.Single(await stream.TextsAsync());
    }

    [Fact]
    public async Task Create_AfterRestart_StillComparesTheRequest()
    {
        var request = new CreateRequest { ContentType = Type("text/plain"), TtlSeconds = 600 };
        await At(await OpenAsync(), "s").NewAsync(request);

        var stream = At(await RestartAsync(), "s");

        Assert.IsType<CreateOutcome.Exists>(await stream.CreateAsync(request, Cancellation));
        Assert.IsType<CreateOutcome.Conflict>(await stream.CreateAsync(request with { TtlSeconds = 1 }, Cancellation));
    }

    [Fact]
    public async Task Create_AtTheStreamLimit_IsRefusedUntilOneIsDeleted()
    {
        var directory = await OpenAsync(setup => setup with { MaxStreams = 2 });
        await At(directory, "a").NewAsync();
        await At(directory, "b").NewAsync();
        var third = At(directory, "c");

        Assert.IsType<CreateOutcome.StreamLimit>(await third.CreateAsync(new CreateRequest(), Cancellation));
        Assert.IsType<DescribeOutcome.NotFound>(await third.DescribeAsync(Cancellation));
        Assert.IsType<CreateOutcome.Exists>(await At(directory, "a").CreateAsync(new CreateRequest(), Cancellation));
        await At(directory, "a").DeleteAsync(Cancellation);

        await third.NewAsync();
    }

    [Fact]
    public async Task Delete_ThenEverything_IsNotFound()
    {
        var stream = await StreamAsync("1 2");
        var start = (await stream.StateAsync()).Earliest;

        Assert.IsType<DeleteOutcome.Deleted>(await stream.DeleteAsync(Cancellation));

        Assert.IsType<DeleteOutcome.NotFound>(await stream.DeleteAsync(Cancellation));
        Assert.IsType<DescribeOutcome.NotFound>(await stream.DescribeAsync(Cancellation));
        Assert.IsType<AppendOutcome.NotFound>(await stream.SendAsync(Append("x")));
        Assert.IsType<ReadOutcome.NotFound>(await stream.PeekAsync(start));
        Assert.IsType<TrimOutcome.NotFound>(await stream.TrimAsync(start, Cancellation));
        Assert.IsType<ConfigureOutcome.NotFound>(await stream.ConfigureAsync(new RetentionLimits(Events: 1), Cancellation));
        stream = At(await RestartAsync(), "s");
        Assert.IsType<DescribeOutcome.NotFound>(await stream.DescribeAsync(Cancellation));
    }

    [Fact]
    public async Task Recreate_AfterDelete_IsANewHistoryAndOldOffsetsSaySo()
    {
        var stream = await StreamAsync("1 2 3");
        var old = await stream.StateAsync();
        await stream.DeleteAsync(Cancellation);

        var fresh = await stream.NewAsync();
        await stream.PutAsync("new 1", "new 2", "new 3", "new 4");

        Assert.True(fresh.Tail > old.Tail, "A new history sorts after the old one.");
        Assert.Equal(4, (await stream.TextsAsync()).Length);
        foreach (var sequence in new[] { 0L, 1, 3 })
        {
            var gap = await stream.GapAsync(Plus(old.Earliest, sequence));
            var state = await stream.StateAsync();
            Assert.Equal(
                new StreamGap(Plus(old.Earliest, sequence), state.Earliest, state.Tail, Protocol.GapReason.Recreated), gap);
        }
    }

    [Fact]
    public async Task Recreate_StartsWithoutProducersAndStreamSeq()
    {
        var stream = await StreamAsync();
        await stream.SendAsync(AppendAs("p", 3, 0, "x") with { StreamSeq = "9" });
        await stream.DeleteAsync(Cancellation);
        await stream.NewAsync();

        Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(AppendAs("p", 0, 0, "x") with { StreamSeq = "1" }));
    }
}
