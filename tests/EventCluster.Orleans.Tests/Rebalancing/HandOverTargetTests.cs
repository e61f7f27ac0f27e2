using EventCluster.Orleans.Rebalancing;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Orleans.Tests.Rebalancing;

/// <summary>Streams are handed to silos only that answer now: one that hangs must not be given those of a healthy one.</summary>
public sealed class HandOverTargetTests
{
    private readonly VirtualTimeProvider _clock = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Silo_ThatAnswers_IsTakenAtItsWord(bool canTake) =>
        Assert.Equal(canTake, await AskAsync(() => Task.FromResult(canTake)));

    [Fact]
    public async Task Silo_ThatHangs_TakesNothing()
    {
        var answer = AskAsync(new TaskCompletionSource<bool>().Task);
        _clock.Advance(HandOverTargets.Limit - TimeSpan.FromMilliseconds(1));
        Assert.False(answer.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(await Phase.OfAsync("answer", answer));
    }

    [Fact]
    public async Task Silo_ThatIsGone_TakesNothing()
    {
        Assert.False(await AskAsync(() => Task.FromException<bool>(new TimeoutException("No answer."))));
        Assert.False(await AskAsync(() => throw new InvalidOperationException("No such silo.")));
    }

    [Fact]
    public async Task Asker_ThatStops_IsNotAnswered()
    {
        using var stop = new CancellationTokenSource();
        var answer = HandOverTargets.IsYesAsync(() => new TaskCompletionSource<bool>().Task, _clock, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Phase.OfAsync("answer", answer));
    }

    private Task<bool> AskAsync(Task<bool> answer) => AskAsync(() => answer);

    private Task<bool> AskAsync(Func<Task<bool>> ask) => HandOverTargets.IsYesAsync(ask, _clock, TestContext.Current.CancellationToken);
}
