using EventCluster.Abstractions.Streams;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Conformance.Streams;

public abstract partial class StreamDirectoryConformance
{
    [Fact]
    public async Task Wait_WokenByAppend_GetsTheWholeCommit()
    {
        var stream = await StreamAsync("1");
        var waiting = stream.WaitAsync((await stream.StateAsync()).Tail);
        Assert.False(waiting.IsCompleted);

        await stream.PutAsync("2", "3");

        Assert.Equal(["2", "3"], Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("append wakes", waiting)).Texts());
    }

    [Fact]
    public async Task Wait_WokenByClose_IsAtTheEnd()
    {
        var stream = await StreamAsync("1");
        var tail = (await stream.StateAsync()).Tail;
        var waiting = stream.WaitAsync(tail);

        await stream.CloseAsync();

        var batch = Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("close wakes", waiting));
        Assert.True(batch.AtEnd);
        Assert.Empty(batch.Slices);
        Assert.True(Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("closed never waits", stream.WaitAsync(tail))).AtEnd);
    }

    [Fact]
    public async Task Wait_WokenByTheClosingAppend_GetsItsEventsAndTheEnd()
    {
        var stream = await StreamAsync("1");
        var waiting = stream.WaitAsync((await stream.StateAsync()).Tail);

        await stream.SendAsync(Append("last") with { Close = true });

        var batch = Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("closing append wakes", waiting));
        Assert.Equal(["last"], batch.Texts());
        Assert.True(batch.AtEnd);
    }

    [Fact]
    public async Task Wait_WokenByDelete_IsNotFound()
    {
        var stream = await StreamAsync("1");
        var waiting = stream.WaitAsync((await stream.StateAsync()).Tail);

        await stream.DeleteAsync(Cancellation);

        Assert.IsType<ReadOutcome.NotFound>(await Phase.OfAsync("delete wakes", waiting));
    }

    [Fact]
    public async Task Wait_WokenByDeleteOfAForkedStream_IsGone()
    {
        var directory = await OpenAsync();
        var stream = At(directory, "s");
        var tail = (await stream.NewAsync()).Tail;
        await At(directory, "fork").NewForkAsync(stream);
        var waiting = stream.WaitAsync(tail);

        await stream.DeleteAsync(Cancellation);

        Assert.IsType<ReadOutcome.Gone>(await Phase.OfAsync("delete wakes", waiting));
    }

    [Fact]
    public async Task Wait_WokenByTrim_SeesTheNewHead()
    {
        var stream = await StreamAsync("1");
        var tail = (await stream.StateAsync()).Tail;
        var waiting = stream.WaitAsync(tail);
        await AreParkedAsync(1);

        await stream.TrimAsync(tail, Cancellation);

        var batch = Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("trim wakes", waiting));
        Assert.Equal((tail, tail, tail), (batch.From, batch.Next, batch.Descriptor.Earliest));
    }

    [Fact]
    public async Task Wait_WokenByExpiry_IsNotFound()
    {
        var stream = At(await OpenAsync(), "s");
        var created = await stream.NewAsync(new CreateRequest { TtlSeconds = 30 });
        var waiting = stream.WaitAsync(created.Tail);

        Clock.Advance(TimeSpan.FromSeconds(29));
        await InSmallStepsAsync("expiry wakes", waiting);

        Assert.IsType<ReadOutcome.NotFound>(await waiting);
    }

    [Fact]
    public async Task Wait_WokenByStop_IsMovedAndNothingIsServedAfterwards()
    {
        var stream = await StreamAsync("1");
        var tail = (await stream.StateAsync()).Tail;
        var waiting = stream.WaitAsync(tail);

        await StopAsync();

        var woken = Assert.IsType<ReadOutcome.Unavailable>(await Phase.OfAsync("stop wakes", waiting));
        Assert.Equal(UnavailableReason.Moved, woken.Reason);
        Assert.Equal(
            UnavailableReason.Moved, Assert.IsType<AppendOutcome.Unavailable>(await stream.SendAsync(Append("x"))).Reason);
        Assert.IsType<ReadOutcome.Unavailable>(await Phase.OfAsync("no wait after stop", stream.WaitAsync(tail)));
    }

    [Fact]
    public async Task Wait_ToItsDeadline_IsAnEmptyBatchAndNotEarlier()
    {
        var stream = await StreamAsync("1");
        var tail = (await stream.StateAsync()).Tail;
        var start = Clock.Elapsed;
        var waiting = stream.WaitAsync(tail, TimeSpan.FromSeconds(20));
        await AreParkedAsync(1);

        Clock.Advance(TimeSpan.FromSeconds(19.9));
        Assert.False(waiting.IsCompleted);

        await InSmallStepsAsync("deadline ends the wait", waiting);
        var batch = Assert.IsType<ReadOutcome.Batch>(await waiting);

        Assert.True(Clock.Elapsed - start >= TimeSpan.FromSeconds(20));
        Assert.Equal((tail, tail), (batch.From, batch.Next));
        Assert.Empty(batch.Slices);
    }

    [Fact]
    public async Task Wait_Cancelled_EndsAndLeavesOthersWaiting()
    {
        var stream = await StreamAsync("1");
        var tail = (await stream.StateAsync()).Tail;
        using var leaving = new CancellationTokenSource();
        var request = new ReadRequest(tail, 100, 10, TimeSpan.FromHours(1), Touch: false);
        var cancelled = stream.ReadAsync(request, leaving.Token).AsTask();
        var staying = stream.WaitAsync(tail);

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Phase.OfAsync("cancel ends", cancelled));
        Assert.False(staying.IsCompleted);
        await stream.PutAsync("2");
        Assert.Equal(["2"], Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("append wakes", staying)).Texts());
    }

    [Fact]
    public async Task Wait_ByAThousandReaders_AllGetTheSameBlock()
    {
        var stream = await StreamAsync("1");
        var tail = (await stream.StateAsync()).Tail;
        var waiting = Enumerable.Range(0, 1_000).Select(_ => stream.WaitAsync(tail)).ToArray();

        await stream.PutAsync("2");

        var batches = await Phase.OfAsync("append wakes all", Task.WhenAll(waiting));
        var block = Assert.IsType<ReadOutcome.Batch>(batches[0]).Slices[0].Block;
        Assert.All(batches, b => Assert.Equal(block, Assert.Single(Assert.IsType<ReadOutcome.Batch>(b).Slices).Block));
    }

    [Fact]
    public async Task Wait_AboveTheStreamsLimit_IsOverloadedUntilOneLeaves()
    {
        var directory = await OpenAsync(setup => setup with { MaxParkedReadsPerStream = 2 });
        var stream = At(directory, "s");
        var other = At(directory, "other");
        var tail = (await stream.NewAsync()).Tail;
        var otherTail = (await other.NewAsync()).Tail;
        var parked = new[] { stream.WaitAsync(tail), stream.WaitAsync(tail) };
        await AreParkedAsync(2);

        var refused = await Phase.OfAsync("third read is refused", stream.WaitAsync(tail));
        var elsewhere = other.WaitAsync(otherTail);

        Assert.Equal(UnavailableReason.Overloaded, Assert.IsType<ReadOutcome.Unavailable>(refused).Reason);
        Assert.IsType<ReadOutcome.Batch>(await stream.PeekAsync(tail));
        Assert.False(elsewhere.IsCompleted);
        await stream.PutAsync("1");
        await Phase.OfAsync("parked reads wake", Task.WhenAll(parked));
        var again = stream.WaitAsync(Plus(tail, 1));
        Assert.False(again.IsCompleted);
    }

    [Fact]
    public async Task Wait_AboveTheNodesLimit_IsOverloadedUntilOneLeaves()
    {
        var directory = await OpenAsync(setup => setup with { MaxParkedReadsPerNode = 2 });
        var (a, b) = (At(directory, "a"), At(directory, "b"));
        var (tailA, tailB) = ((await a.NewAsync()).Tail, (await b.NewAsync()).Tail);
        var parked = new[] { a.WaitAsync(tailA), b.WaitAsync(tailB) };
        await AreParkedAsync(2);

        var refused = await Phase.OfAsync("third read is refused", b.WaitAsync(tailB));

        Assert.Equal(UnavailableReason.Overloaded, Assert.IsType<ReadOutcome.Unavailable>(refused).Reason);
        await a.PutAsync("1");
        await Phase.OfAsync("parked read wakes", parked[0]);
        Assert.False(b.WaitAsync(tailB).IsCompleted);
    }
}
