using Xunit;

namespace EventCluster.Abstractions.Tests;

/// <summary>Every state of a loop: what readiness hears of it, and that its stop comes to an end.</summary>
public sealed class BackgroundLoopTests
{
    private readonly TaskCompletionSource _run = new();

    [Fact]
    public async Task Start_Fails_IsAFaultUntilALaterStartSucceeds()
    {
        var loop = new BackgroundLoop("sweeper");
        Assert.Throws<InsufficientMemoryException>(() => loop.Start(static () => throw new InsufficientMemoryException("no thread")));
        Assert.Equal("The sweeper could not be started: no thread", loop.Fault);
        loop.Start(() => _run.Task);
        Assert.Null(loop.Fault);
        _run.SetResult();
        await loop.StopAsync();
    }

    [Theory]
    [InlineData("runs", null)]
    [InlineData("returns", "The sweeper has ended.")]
    [InlineData("fails", "The sweeper has ended: boom")]
    [InlineData("is cancelled", "The sweeper has ended.")]
    [InlineData("does not start", null)]
    public async Task Fault_InEveryState_NamesTheLoopOnlyWhenItDied(string state, string? expected)
    {
        var loop = new BackgroundLoop("sweeper");
        if (state != "does not start")
        {
            loop.Start(() => _run.Task);
        }

        End(state);
        Assert.Equal(expected, loop.Fault);
        loop.NoteStop();
        Assert.Null(loop.Fault);
        _run.TrySetResult();
        await loop.StopAsync();
        await loop.StopAsync();
        Assert.Null(loop.Fault);
    }

    private void End(string how)
    {
        switch (how)
        {
            case "returns":
                _run.SetResult();
                break;
            case "fails":
                _run.SetException(new InvalidOperationException("boom"));
                break;
            case "is cancelled":
                _run.SetCanceled(TestContext.Current.CancellationToken);
                break;
            default:
                break;
        }
    }
}
