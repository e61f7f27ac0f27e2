using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Running;

/// <summary>CORRECTNESS rules 4, 6 and 7: what must be one commit is one commit, and what must be one snapshot is one.</summary>
public sealed class AtomicCommitTests : IAsyncDisposable
{
    private readonly DirectoryFixture _fixture = new(new LocalStreamDirectoryOptions { MaxProducersPerStream = 2 });

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Rule6_Create_WithEverything_IsOneCommit()
    {
        await _fixture.At("s").NewAsync(new CreateRequest
        {
            Events = TestData.Payloads("a", "b"),
            Close = true,
            TtlSeconds = 60,
            Retention = new RetentionLimits(Events: 5),
        });

        Assert.Equal(1, _fixture.Store.Commits);
        var head = await HeadAsync();
        Assert.Equal((1L, 2L), (head.Version, head.Head.Tail));
    }

    [Fact]
    public async Task Rule6_Create_Repeated_IsNoCommit()
    {
        var request = new CreateRequest { Events = TestData.Payloads("a") };
        await _fixture.At("s").NewAsync(request);
        Assert.IsType<CreateOutcome.Exists>(await _fixture.At("s").CreateAsync(request, Cancellation));

        Assert.Equal(1, _fixture.Store.Commits);
    }

    [Fact]
    public async Task Delete_QueuedBehindCommandsThatDescribeTheStream_LetsThemAnswerFirst()
    {
        var stream = _fixture.At("s");
        _fixture.Store.Hold();
        var blocking = _fixture.At("s").CreateAsync(new CreateRequest { TtlSeconds = 9 }, Cancellation).AsTask();
        await Phase.UntilAsync("a commit is held", () => _fixture.Store.Held == 1, Cancellation);
        var configured = stream.ConfigureAsync(new RetentionLimits(Events: 5), Cancellation).AsTask();
        var exists = stream.CreateAsync(new CreateRequest { TtlSeconds = 9 }, Cancellation).AsTask();
        var deleted = stream.DeleteAsync(Cancellation).AsTask();
        var again = stream.CreateAsync(new CreateRequest { TtlSeconds = 8 }, Cancellation).AsTask();
        var deletedAgain = stream.DeleteAsync(Cancellation).AsTask();
        _fixture.Store.LetGo();

        Assert.IsType<CreateOutcome.Created>(await Phase.OfAsync("created", blocking));
        Assert.IsType<ConfigureOutcome.Configured>(await Phase.OfAsync("configured", configured));
        Assert.IsType<CreateOutcome.Exists>(await Phase.OfAsync("exists", exists));
        Assert.IsType<DeleteOutcome.Deleted>(await Phase.OfAsync("deleted", deleted));
        Assert.IsType<CreateOutcome.Created>(await Phase.OfAsync("created again", again));
        Assert.IsType<DeleteOutcome.Deleted>(await Phase.OfAsync("deleted again", deletedAgain));
        Assert.Null(await _fixture.Truth.GetHeadAsync(stream.Name, Cancellation));
    }

    [Fact]
    public async Task Rule7_ProducerStateAndEvent_AreOneCommit()
    {
        var stream = _fixture.At("s");
        await stream.NewAsync();
        await stream.SendAsync(From("p", 0));

        Assert.Equal(2, _fixture.Store.Commits);
        var opened = await _fixture.Truth.OpenAsync(stream.Name, Cancellation);
        Assert.Equal(("p", 0L, 1L), (opened.Producers[0].Id, opened.Producers[0].Sequence, opened.Head!.Head.Tail));
    }

    [Fact]
    public async Task Rule7_ForgettingAProducer_IsCommittedWithTheAppendThatNeedsTheRoom()
    {
        var stream = _fixture.At("s");
        await stream.NewAsync();
        await stream.SendAsync(From("old", 0));
        _fixture.Clock.Advance(TimeSpan.FromDays(4));
        await stream.SendAsync(From("new", 0));
        _fixture.Clock.Advance(TimeSpan.FromDays(3));
        Assert.IsType<AppendOutcome.ProducerLimit>(await stream.SendAsync(From("third", 0)));
        _fixture.Clock.Advance(TimeSpan.FromMilliseconds(1));

        var commits = _fixture.Store.Commits;
        Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(From("third", 0)));

        Assert.Equal(commits + 1, _fixture.Store.Commits);
        var opened = await _fixture.Truth.OpenAsync(stream.Name, Cancellation);
        Assert.Equal(["new", "third"], opened.Producers.Select(producer => producer.Id).Order());
    }

    [Fact]
    public async Task Rule7_ARefusedAppend_CommitsNothing()
    {
        var stream = _fixture.At("s");
        await stream.NewAsync();
        await stream.SendAsync(From("p", 0) with { StreamSeq = "5" });
        var commits = _fixture.Store.Commits;

        Assert.IsType<AppendOutcome.StreamSeqConflict>(await stream.SendAsync(From("p", 1) with { StreamSeq = "4" }));
        Assert.IsType<AppendOutcome.SequenceGap>(await stream.SendAsync(From("p", 2)));

        Assert.Equal(commits, _fixture.Store.Commits);
        Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(From("p", 1)));
    }

    [Fact]
    public async Task Retention_AtTheLimit_MovesTheHeadInTheAppendsOwnCommit()
    {
        var stream = _fixture.At("s");
        await stream.NewAsync(new CreateRequest { Retention = new RetentionLimits(Events: 3) });
        for (var i = 0; i < 10; i++)
        {
            await stream.PutAsync($"{i}");
        }

        var commits = _fixture.Store.Commits;
        await stream.PutAsync("10");

        // The window of oldest blocks was read before, so the append and the head move are one commit.
        Assert.Equal(commits + 1, _fixture.Store.Commits);
        Assert.Equal(["8", "9", "10"], await stream.TextsAsync());
    }

    [Fact]
    public async Task Rule4_ReadBesideCommits_IsOneInstant()
    {
        var stream = _fixture.At("s");
        var created = await stream.NewAsync();
        _fixture.Store.YieldsBeforeCommits = true;
        var writing = Task.Run(
            async () =>
            {
                for (var i = 0; i < 500; i++)
                {
                    await stream.PutAsync($"{i}");
                }

                await stream.CloseAsync();
            },
            Cancellation);

        ReadOutcome.Batch batch;
        do
        {
            batch = await stream.BatchAsync(created.Tail);
            Assert.Equal(batch.Descriptor.Tail.Sequence, batch.Slices.Sum(slice => slice.Count));
            Assert.Equal(batch.Descriptor.Tail, batch.Next);
        }
        while (!batch.AtEnd);

        await writing;
        Assert.Equal(500, batch.Next.Sequence);
    }

    private async Task<StoredHead> HeadAsync() => (await _fixture.Truth.GetHeadAsync(TestData.Name("s"), Cancellation))!;

    private static AppendRequest From(string producer, long sequence) => new()
    {
        Events = TestData.Payloads("x"),
        Producer = new ProducerStamp(producer, 0, sequence),
    };
}
