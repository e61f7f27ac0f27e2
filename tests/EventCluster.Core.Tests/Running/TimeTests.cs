using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core.InMemory;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Running;

/// <summary>CORRECTNESS rule 9: time is an argument, deadlines are committed, late and never early.</summary>
public sealed class TimeTests : IAsyncDisposable
{
    private readonly DirectoryFixture _fixture = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Rule9_ManyTouches_AreCommittedOncePerInterval()
    {
        // TTL 80 s: the interval is 10 s. The first touch is committed, as the creation said "not touched since".
        var stream = _fixture.At("s");
        var created = await stream.NewAsync(new CreateRequest { TtlSeconds = 80 });
        var commits = _fixture.Store.Commits;
        for (var i = 0; i < 300; i++)
        {
            _fixture.Clock.Advance(TimeSpan.FromMilliseconds(100));
            await TouchAsync(stream, created);
        }

        Assert.InRange(_fixture.Store.Commits - commits, 3, 4);
    }

    [Fact]
    public async Task Rule9_TouchInMemoryOnly_CountsUntilTheInstant()
    {
        var stream = _fixture.At("s");
        var created = await stream.NewAsync(new CreateRequest { TtlSeconds = 80 });
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        await TouchAsync(stream, created);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(9));
        var commits = _fixture.Store.Commits;
        await TouchAsync(stream, created);
        Assert.Equal(commits, _fixture.Store.Commits);

        _fixture.Clock.Advance(TimeSpan.FromSeconds(79.999));
        Assert.IsType<DescribeOutcome.Found>(await stream.DescribeAsync(Cancellation));
        _fixture.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.IsType<DescribeOutcome.NotFound>(await stream.DescribeAsync(Cancellation));
        Assert.Null(await _fixture.Truth.GetHeadAsync(stream.Name, Cancellation));
    }

    [Fact]
    public async Task Rule9_CrashAfterAnUncommittedTouch_IsNeverEarlyAndLateByTheIntervalAtMost()
    {
        var stream = _fixture.At("s");
        var created = await stream.NewAsync(new CreateRequest { TtlSeconds = 80 });
        _fixture.Clock.Advance(TimeSpan.FromSeconds(20));
        await TouchAsync(stream, created);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(9));
        await TouchAsync(stream, created);

        // Committed at 20 s, touched last at 29 s; the next owner allows for a touch at 30 s.
        _fixture.Crash(seed: 2);
        stream = _fixture.At("s");
        _fixture.Clock.Advance(TimeSpan.FromSeconds(80.5));
        Assert.IsType<DescribeOutcome.Found>(await stream.DescribeAsync(Cancellation));
        _fixture.Clock.Advance(TimeSpan.FromSeconds(0.5));
        Assert.IsType<DescribeOutcome.NotFound>(await stream.DescribeAsync(Cancellation));
    }

    [Fact]
    public async Task Rule9_UnloadedInGoodOrder_ExpiresExactly()
    {
        var stream = _fixture.At("s");
        var created = await stream.NewAsync(new CreateRequest { TtlSeconds = 800 });
        _fixture.Clock.Advance(TimeSpan.FromSeconds(100));
        await TouchAsync(stream, created);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(50));
        await TouchAsync(stream, created);
        _fixture.Directory.Start();
        var steps = 0;
        await Phase.UntilAsync(
            "the stream leaves memory", () => Task.FromResult(_fixture.Directory.LoadedStreams == 0),
            () =>
            {
                // The second step passes the idle time; the others only let things happen.
                _fixture.Clock.Advance(TimeSpan.FromSeconds(steps++ == 1 ? 61 : 0.01));
            },
            Cancellation);

        var head = await _fixture.Truth.GetHeadAsync(stream.Name, Cancellation);
        var touched = (created.Deadline!.Value + TimeSpan.FromSeconds(150)).ToUnixTimeMilliseconds();
        Assert.Equal(touched, head!.Head.DueAtMilliseconds);
    }

    [Fact]
    public async Task Rule9_AccessPastTheDeadline_CommitsTheExpiryBeforeItAnswers()
    {
        var stream = _fixture.At("s");
        var created = await stream.NewAsync(new CreateRequest { TtlSeconds = 1 });
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        _fixture.Store.Hold();
        var read = stream.PeekAsync(created.Earliest);
        await Phase.UntilAsync("the expiry is held", () => _fixture.Store.Held == 1, Cancellation);
        Assert.False(read.IsCompleted);

        _fixture.Store.LetGo();
        Assert.IsType<ReadOutcome.NotFound>(await Phase.OfAsync("read ends", read));
    }

    [Fact]
    public async Task Rule9_ManyDueStreamsThatCannotBeOpened_DoNotHideTheOthers()
    {
        for (var i = 0; i < 1_000; i++)
        {
            await _fixture.At($"damaged-{i}").NewAsync(new CreateRequest { TtlSeconds = 1 });
        }

        var stream = _fixture.At("sound");
        await stream.NewAsync(new CreateRequest { TtlSeconds = 2 });
        _fixture.Crash(seed: 2);
        _fixture.Store.IsDamaged = static name => name.Value.StartsWith("damaged", StringComparison.Ordinal);
        _fixture.Directory.Start();

        var head = await _fixture.Truth.GetHeadAsync(stream.Name, Cancellation);
        Assert.NotNull(head);
        await EventuallyAsync("the sound stream is gone", () => head is null, async () =>
            head = await _fixture.Truth.GetHeadAsync(stream.Name, Cancellation));
    }

    [Fact]
    public async Task Rule9_WallClockDeparts_SuspendsExpiryAndSaysSo()
    {
        var log = new ListLogger();
        await using var store = new InMemoryLogStore(new InMemoryLogStoreOptions());
        await using var directory = new LocalStreamDirectory(store, new LocalStreamDirectoryOptions(), _fixture.Clock, new Random(1), log);
        directory.Start();
        var stream = directory.GetStream(TestData.Name("s"));
        await stream.NewAsync(new CreateRequest { TtlSeconds = 30 });

        _fixture.Clock.JumpWallClock(TimeSpan.FromSeconds(60));
        await EventuallyAsync("the departure is logged", () => log.Has(1101));
        Assert.IsType<DescribeOutcome.Found>(await stream.DescribeAsync(Cancellation));
        _fixture.Clock.JumpWallClock(TimeSpan.FromSeconds(-59));
        await EventuallyAsync("the return is logged", () => log.Has(1102));
        _fixture.Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.IsType<DescribeOutcome.NotFound>(await stream.DescribeAsync(Cancellation));
    }

    [Fact]
    public async Task Retention_DefaultsChangedWhileUnloaded_AreAppliedAfterTheStart()
    {
        var stream = _fixture.At("s");
        await stream.NewAsync();
        for (var i = 0; i < 5; i++)
        {
            await stream.PutAsync($"{i}");
        }

        await using var other = new LocalStreamDirectory(
            _fixture.Store,
            new LocalStreamDirectoryOptions { RetentionDefaults = new RetentionLimits(Events: 2) },
            _fixture.Clock,
            new Random(2),
            new ListLogger());
        other.Start();

        StoredHead? head = null;
        await EventuallyAsync("the head moved", () => head?.Head.Earliest == 3, async () =>
            head = await _fixture.Truth.GetHeadAsync(stream.Name, Cancellation));
    }

    private Task EventuallyAsync(string phase, Func<bool> reached, Func<Task>? look = null) => Phase.UntilAsync(
        phase,
        async () =>
        {
            await (look?.Invoke() ?? Task.CompletedTask);
            return reached();
        },
        () => _fixture.Clock.Advance(TimeSpan.FromMilliseconds(100)),
        Cancellation);

    private static async Task TouchAsync(IStreamHandle stream, StreamDescriptor created) => Assert.IsType<ReadOutcome.Batch>(
        await stream.ReadAsync(new ReadRequest(created.Earliest, 1, 1, TimeSpan.Zero, Touch: true), Cancellation));
}
