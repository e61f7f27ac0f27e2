using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Orleans.Directory;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Orleans.Tests.Directory;

/// <summary>A connection to a gateway is lost: nothing waits for its timeout.</summary>
public sealed class GatewayLossTests() : LaneTest(copyAfter: TimeSpan.FromHours(1))
{
    [Fact]
    public async Task Append_OnItsWay_IsSentAgainAtOnce()
    {
        Options.AppendAttemptTimeout = TimeSpan.FromHours(1);
        var sent = new TaskCompletionSource();
        Grain.Script(async _ =>
        {
            sent.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, TestContext.Current.CancellationToken);
            return [];
        });
        var appending = SendAsync("a");
        await sent.Task;

        Loss.NotifyGatewayCountChanged(currentNumberOfGateways: 1, previousNumberOfGateways: 2, connectionRecovered: false);

        Assert.IsType<AppendOutcome.Appended>(await appending);
        Assert.Equal(["a"], await Stream.TextsAsync());
    }

    [Fact]
    public async Task WaitingRead_IsAskedAgainAtOnce()
    {
        Grain.FirstReadIsStale = true;
        var handle = new OrleansStreamHandle(Reach, Stream.Name, Grain);
        var waiting = handle.WaitAsync((await Stream.StateAsync()).Tail, TimeSpan.FromHours(1));
        await Stream.PutAsync("a");
        Assert.False(waiting.IsCompleted);

        Loss.NotifyClusterConnectionLost();

        Assert.Equal(["a"], Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("the read ends", waiting)).Texts());
        Assert.Equal(2, Grain.Reads);
    }

    [Fact]
    public async Task MoreGateways_EndNothing()
    {
        var before = Loss.Next;

        Loss.NotifyGatewayCountChanged(currentNumberOfGateways: 2, previousNumberOfGateways: 1, connectionRecovered: true);

        Assert.False(before.IsCancellationRequested);
        Assert.IsType<AppendOutcome.Appended>(await SendAsync("a"));
    }
}
