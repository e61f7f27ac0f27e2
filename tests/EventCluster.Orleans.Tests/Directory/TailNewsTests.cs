using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Orleans.Directory;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Orleans.Tests.Directory;

/// <summary>
/// CORRECTNESS rule 21: a read that waits at an owner that hears of nothing any more is asked again as soon as any reply through
/// the same process says that the stream went on, or ended. Every kind of reply.
/// </summary>
public sealed class TailNewsTests : LaneTest
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What happens to the stream past this process, and the reply through it that tells.</summary>
    private static Dictionary<string, Case> Table { get; } = new()
    {
        ["append"] = new(Nothing, test => test.SendAsync("a")),
        ["append with an identity"] = new(Nothing, test => test.SendAsync(As("p", 0))),
        ["duplicate"] = new(stream => stream.SendAsync(As("p", 0)), test => test.SendAsync(As("p", 0))),
        ["append that closes"] = new(Nothing, test => test.SendAsync(Plain("a") with { Close = true })),
        ["close"] = new(Nothing, test => test.SendAsync(new AppendRequest { Close = true })),
        ["append to a closed stream"] = new(stream => stream.CloseAsync(), test => test.SendAsync("late")),
        ["append at another tail"] = new(
            stream => stream.PutAsync("a"), test => test.SendAsync(Plain("b") with { ExpectedOffset = new StreamOffset(1, 0) })),
        ["append to a deleted stream"] = new(DeleteAsync, test => test.SendAsync("late")),
        ["create: exists"] = new(stream => stream.PutAsync("a"), test => test.Handle.CreateAsync(new CreateRequest(), Cancellation).AsTask()),
        ["create: anew"] = new(DeleteAsync, test => test.Handle.CreateAsync(new CreateRequest(), Cancellation).AsTask()),
        ["describe"] = new(stream => stream.PutAsync("a"), test => test.Handle.DescribeAsync(Cancellation).AsTask()),
        ["describe: not found"] = new(DeleteAsync, test => test.Handle.DescribeAsync(Cancellation).AsTask()),
        ["read"] = new(stream => stream.PutAsync("a"), test => test.Handle.PeekAsync(test.Start)),
        ["read: not found"] = new(DeleteAsync, test => test.Handle.PeekAsync(test.Start)),
        ["read: gap"] = new(
            async stream =>
            {
                await stream.PutAsync("a");
                await stream.TrimAsync((await stream.StateAsync()).Tail, Cancellation);
            },
            test => test.Handle.PeekAsync(test.Start)),
        ["configure"] = new(
            stream => stream.PutAsync("a"), test => test.Handle.ConfigureAsync(new RetentionLimits(Events: 9), Cancellation).AsTask()),
        ["trim"] = new(stream => stream.PutAsync("a"), test => test.Handle.TrimAsync(test.Start, Cancellation).AsTask()),
        ["delete"] = new(Nothing, test => test.Handle.DeleteAsync(Cancellation).AsTask()),
        ["delete: not found"] = new(DeleteAsync, test => test.Handle.DeleteAsync(Cancellation).AsTask()),
    };

    /// <summary>Longer than a hang: nothing but the news ends the wait at the stale owner, nor an attempt's end.</summary>
    private static TimeSpan Longer => TimeSpan.FromHours(1);

    public static TheoryData<string> Cases => [.. Table.Keys];

    private OrleansStreamHandle Handle => new OrleansStreamHandle(Reach, Stream.Name, Grain);

    private StreamOffset Start { get; set; }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Reply_NamesATailAboveAWaitingRead_TheReadIsAskedAgain(string name)
    {
        Grain.FirstReadIsStale = true;
        Start = (await Stream.StateAsync()).Tail;
        var waiting = Handle.WaitAsync(Start, Longer);
        Assert.Equal(1, Grain.Reads);

        await Table[name].Before(Stream);
        await Phase.OfAsync("reply", Table[name].Reply(this));

        Assert.IsNotType<ReadOutcome.Unavailable>(await Phase.OfAsync("the read leaves the stale owner", waiting));
    }

    [Fact]
    public async Task Rule21_AckOfAProducersAppend_TheReadIsAskedAgain()
    {
        Grain.FirstReadIsStale = true;
        var handle = new OrleansStreamHandle(Reach, Stream.Name, Grain);
        var waiting = handle.WaitAsync((await Stream.StateAsync()).Tail, Longer);
        Assert.Equal(1, Grain.Reads);

        Assert.IsType<AppendOutcome.Appended>(await SendAsync(Plain("a") with { Producer = new ProducerStamp("p", 0, 0) }));

        await Phase.OfAsync("the read leaves the stale owner", waiting);
    }

    [Fact]
    public async Task Reply_NamesTheTailThatTheReadHas_ItWaitsOn()
    {
        Grain.FirstReadIsStale = true;
        Start = (await Stream.StateAsync()).Tail;
        var waiting = Handle.WaitAsync(Start, Longer);
        await Handle.StateAsync();
        await Task.Delay(TailNews.Grace * 2, TimeProvider.System, Cancellation);

        Assert.False(waiting.IsCompleted);
        Assert.Equal(1, Grain.Reads);
        await Stream.PutAsync("a");
        await Handle.StateAsync();
        await Phase.OfAsync("read", waiting);
    }

    private static Task Nothing(IStreamHandle stream) => Task.CompletedTask;

    private static Task<DeleteOutcome> DeleteAsync(IStreamHandle stream) => stream.DeleteAsync(Cancellation).AsTask();

    private static AppendRequest As(string producer, long sequence) =>
        Plain("a") with { Producer = new ProducerStamp(producer, 0, sequence) };

    private sealed record Case(Func<IStreamHandle, Task> Before, Func<TailNewsTests, Task> Reply);
}
