using EventCluster.Abstractions.Streams;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Conformance.Streams;

/// <content>Time to live (CORRECTNESS rule 9): committed, late rather than early, alive or unloaded.</content>
public abstract partial class StreamDirectoryConformance
{
    [Theory]
    [InlineData("append")]
    [InlineData("read")]
    [InlineData("live read")]
    public async Task SlidingTtl_EachAccess_MovesTheDeadline(string access)
    {
        var stream = At(await OpenAsync(), "s");
        var tail = (await stream.NewAsync(new CreateRequest { TtlSeconds = 100 })).Tail;
        for (var i = 0; i < 4; i++)
        {
            Clock.Advance(TimeSpan.FromSeconds(99));
            if (access == "append")
            {
                await stream.PutAsync("x");
            }
            else
            {
                var wait = access == "read" ? TimeSpan.Zero : TimeSpan.FromHours(1);
                _ = stream.ReadAsync(new ReadRequest(tail, 100, 10, wait, Touch: true), Cancellation).AsTask();
            }

            var deadline = Clock.GetUtcNow() + TimeSpan.FromSeconds(100);
            await stream.StateWhenAsync($"deadline {deadline:O}", state => state.Deadline == deadline);
        }

        Clock.Advance(TimeSpan.FromSeconds(100.001));
        Assert.IsType<AppendOutcome.NotFound>(await stream.SendAsync(Append("x")));
    }

    [Fact]
    public async Task SlidingTtl_DescribeAndUntouchedRead_DoNotMoveTheDeadline()
    {
        var stream = At(await OpenAsync(), "s");
        var created = await stream.NewAsync(new CreateRequest { TtlSeconds = 100 });
        var deadline = Clock.GetUtcNow() + TimeSpan.FromSeconds(100);
        Assert.Equal(deadline, created.Deadline);
        Clock.Advance(TimeSpan.FromSeconds(99));

        Assert.Equal(deadline, (await stream.StateAsync()).Deadline);
        await stream.BatchAsync(created.Earliest);
        Assert.Equal(deadline, (await stream.StateAsync()).Deadline);

        Clock.Advance(TimeSpan.FromSeconds(1.001));
        Assert.IsType<DescribeOutcome.NotFound>(await stream.DescribeAsync(Cancellation));
        Assert.IsType<ReadOutcome.NotFound>(await stream.PeekAsync(created.Earliest));
        await stream.NewAsync();
    }

    [Fact]
    public async Task AbsoluteExpiry_IsNotMovedByAccess()
    {
        var stream = At(await OpenAsync(), "s");
        var expiry = Clock.GetUtcNow() + TimeSpan.FromSeconds(100);
        var created = await stream.NewAsync(new CreateRequest { ExpiresAt = expiry });
        Assert.Equal((expiry, expiry, (long?)null), (created.ExpiresAt, created.Deadline, created.TtlSeconds));
        Clock.Advance(TimeSpan.FromSeconds(99));
        await stream.PutAsync("x");

        Assert.Equal(expiry, (await stream.StateAsync()).Deadline);
        Clock.Advance(TimeSpan.FromSeconds(1.001));

        Assert.IsType<AppendOutcome.NotFound>(await stream.SendAsync(Append("x")));
    }

    [Fact]
    public async Task Expired_Stream_IsANewHistoryWhenCreatedAgain()
    {
        var stream = At(await OpenAsync(), "s");
        var old = await stream.NewAsync(new CreateRequest { TtlSeconds = 10, Events = TestData.Payloads("old") });
        Clock.Advance(TimeSpan.FromSeconds(11));

        var fresh = await stream.NewAsync(new CreateRequest { TtlSeconds = 10 });

        Assert.True(fresh.Tail > old.Tail);
        Assert.Equal(Protocol.GapReason.Recreated, (await stream.GapAsync(old.Earliest)).Reason);
    }

    [Fact]
    public async Task Ttl_OfStreamsThatNobodyAsksFor_RemovesThemFromTheCatalogue()
    {
        var directory = await OpenAsync();
        for (var i = 0; i < 20; i++)
        {
            await At(directory, $"s{i:00}").NewAsync(new CreateRequest { TtlSeconds = 10 + i });
        }

        await At(directory, "kept").NewAsync();

        await EventuallyAsync("the sweeper ends all", async () =>
            (await directory.ListAsync("", after: null, limit: 100, Cancellation)).Streams.Count == 1);
    }

    [Fact]
    public async Task Ttl_OfUnloadedStreams_EndsThemAfterARestart()
    {
        var directory = await OpenAsync();
        for (var i = 0; i < 20; i++)
        {
            await At(directory, $"s{i:00}").NewAsync(new CreateRequest { TtlSeconds = 10 + i });
        }

        await At(directory, "kept").NewAsync();
        await StopAsync();
        Clock.Advance(TimeSpan.FromMinutes(5));

        directory = await OpenAsync();

        await EventuallyAsync("the sweeper ends all", async () =>
            (await directory.ListAsync("", after: null, limit: 100, Cancellation)).Streams.Count == 1);
    }

    [Fact]
    public async Task SlidingTtl_AfterRestart_IsLateByAtMostTheIntervalAndNeverEarly()
    {
        // Accesses are persisted at most once per max(1 s, TTL / 8), which is 10 s here: that much later, never earlier.
        var stream = At(await OpenAsync(), "s");
        var created = await stream.NewAsync(new CreateRequest { TtlSeconds = 80 });
        Clock.Advance(TimeSpan.FromSeconds(9));
        await stream.ReadAsync(new ReadRequest(created.Tail, 100, 10, TimeSpan.Zero, Touch: true), Cancellation);

        stream = At(await RestartAsync(), "s");
        Clock.Advance(TimeSpan.FromSeconds(79.999));
        Assert.IsType<DescribeOutcome.Found>(await stream.DescribeAsync(Cancellation));
        Clock.Advance(TimeSpan.FromSeconds(10.001));

        Assert.IsType<DescribeOutcome.NotFound>(await stream.DescribeAsync(Cancellation));
    }

    [Fact]
    public async Task WallClock_JumpingForward_DoesNotExpireStreams()
    {
        var stream = At(await OpenAsync(), "s");
        var created = await stream.NewAsync(new CreateRequest { TtlSeconds = 3_600 });

        Clock.JumpWallClock(TimeSpan.FromDays(2));
        Clock.Advance(TimeSpan.FromSeconds(30));

        Assert.IsType<DescribeOutcome.Found>(await stream.DescribeAsync(Cancellation));
        Assert.IsType<ReadOutcome.Batch>(await stream.PeekAsync(created.Earliest));
    }
}
