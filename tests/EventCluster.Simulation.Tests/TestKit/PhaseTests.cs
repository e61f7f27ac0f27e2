using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Simulation.Tests.TestKit;

/// <summary>A test that waits for somebody who has ended says so at once, with the reason, and does not wait for its hang guard.</summary>
public sealed class PhaseTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_OneHasFailed_ThrowsItsExceptionThoughOthersRun()
    {
        Task[] running = [new TaskCompletionSource().Task, Task.FromException(new InvalidDataException("a reader's story"))];

        var thrown = await Assert.ThrowsAsync<InvalidDataException>(
            () => Phase.WhileAsync("p", "1", static () => 0, static seen => seen == 1, running, Token));

        Assert.Equal("a reader's story", thrown.Message);
    }

    [Fact]
    public async Task While_OneHasEnded_SaysWhatWasSeen()
    {
        Task[] running = [new TaskCompletionSource().Task, Task.CompletedTask];

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(
            () => Phase.WhileAsync("p", "1", static () => 0, static seen => seen == 1, running, Token));

        Assert.Contains("'p': expected 1, seen 0", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_AllRun_ReturnsWhatIsReached()
    {
        var looks = 0;

        Assert.Equal(3, await Phase.WhileAsync("p", "3", () => ++looks, static seen => seen == 3, [new TaskCompletionSource().Task], Token));
    }
}
