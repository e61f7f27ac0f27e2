using EventCluster.Edge.Sessions;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Sessions;

public sealed class InFlightGateTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Enter_AboveTheCount_WaitsForAnExit()
    {
        var gate = new InFlightGate(maxCount: 2, maxBytes: 100);
        await gate.EnterAsync(1, Cancel);
        await gate.EnterAsync(1, Cancel);
        var third = gate.EnterAsync(1, Cancel).AsTask();
        Assert.False(third.IsCompleted);
        gate.Exit(1);
        await Phase.OfAsync("entry", third);
    }

    [Fact]
    public async Task Enter_AboveTheBytes_WaitsForRoom_ButOneIsAlwaysAdmitted()
    {
        var gate = new InFlightGate(maxCount: 10, maxBytes: 100);
        await gate.EnterAsync(1_000, Cancel);
        var second = gate.EnterAsync(60, Cancel).AsTask();
        Assert.False(second.IsCompleted);
        gate.Exit(1_000);
        await Phase.OfAsync("entry", second);
        await gate.EnterAsync(40, Cancel);
        Assert.False(gate.EnterAsync(1, Cancel).AsTask().IsCompleted);
    }

    [Fact]
    public async Task Enter_Cancelled_Ends()
    {
        var gate = new InFlightGate(maxCount: 1, maxBytes: 100);
        await gate.EnterAsync(1, Cancel);
        using var cancel = new CancellationTokenSource();
        var second = gate.EnterAsync(1, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
    }
}
