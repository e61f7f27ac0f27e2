using System.Text;
using EventCluster.Edge.Messages;
using EventCluster.Edge.SignalR;

namespace EventCluster.Edge.Tests.SignalR;

/// <summary>The hand-over between a session and SignalR (CORRECTNESS rule 18).</summary>
public sealed class HubSlicesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Flush_CompletesOnlyWhenTheWholeSliceWasTaken()
    {
        var slices = new HubSlices(static () => 100) { Abort = static () => { } };
        Put(slices, "events", "{\"n\":1}");
        Put(slices, "events", "{\"n\":2}");
        Assert.True(slices.HasUnflushed);
        var flush = slices.FlushAsync(Cancel).AsTask();
        Assert.False(slices.HasUnflushed);
        await using var reader = slices.ReadAsync(Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await reader.MoveNextAsync());
        Assert.Equal("{\"n\":1}", TextOf(reader.Current));
        Assert.True(await reader.MoveNextAsync());
        Assert.Equal("{\"n\":2}", TextOf(reader.Current));
        Assert.False(flush.IsCompleted);

        var end = reader.MoveNextAsync();
        await flush;
        slices.Complete(null);
        Assert.False(await end);
    }

    [Fact]
    public async Task Complete_WithASurprise_ThrowsItBehindTheMessages()
    {
        var slices = new HubSlices(static () => 100) { Abort = static () => { } };
        Put(slices, "events", "{}");
        _ = slices.FlushAsync(Cancel).AsTask();
        slices.Complete(new InvalidOperationException("surprise"));
        await using var reader = slices.ReadAsync(Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await reader.MoveNextAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await reader.MoveNextAsync());
    }

    [Fact]
    public void Put_OfAnError_EndsACallOfOneStream_AndIsAnItemAmongSeveral()
    {
        var one = new HubSlices(static () => 100) { Abort = static () => { }, ErrorEnds = true };
        Put(one, "error", "{\"code\":\"gone\"}");
        Assert.False(one.HasUnflushed);
        Assert.Equal("{\"code\":\"gone\"}", Encoding.UTF8.GetString(one.Error!));
        var many = new HubSlices(static () => 100) { Abort = static () => { }, Cursor = static () => "abc" };
        Put(many, "error", "{\"code\":\"gone\"}");
        Assert.True(many.HasUnflushed);
        Assert.Null(many.Error);
    }

    [Fact]
    public async Task Put_WithACursor_AddsItToEachMessage_AndLeavesNoCarriageReturn()
    {
        var slices = new HubSlices(static () => 100) { Abort = static () => { }, Cursor = static () => "abc" };
        Put(slices, "events", "{\r\"n\":\n1}");
        _ = slices.FlushAsync(Cancel).AsTask();
        await using var reader = slices.ReadAsync(Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await reader.MoveNextAsync());
        Assert.Equal("{\"cursor\":\"abc\", \"n\":\n1}", TextOf(reader.Current));
    }

    [Fact]
    public async Task OpenCount_NoneAsync_CompletesWithTheLastOne()
    {
        var count = new OpenCount();
        await count.NoneAsync();
        Assert.Equal(1, count.Enter());
        Assert.Equal(2, count.Enter());
        var none = count.NoneAsync();
        count.Exit();
        Assert.False(none.IsCompleted);
        count.Exit();
        await none;
    }

    private static void Put(HubSlices slices, string type, string json)
    {
        using var message = new MessageBuffer();
        var bytes = Encoding.UTF8.GetBytes(json);
        bytes.CopyTo(message.GetSpan(bytes.Length));
        message.Advance(bytes.Length);
        slices.Put(Encoding.UTF8.GetBytes(type), message);
    }

    private static string TextOf(HubJson json) => Encoding.UTF8.GetString(json.Utf8);
}
