using EventCluster.Protocol;
using EventCluster.Storage.PostgreSql.Commits;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Faults;

/// <summary>A group that meets a surprise is answered with it; the queue goes on.</summary>
public sealed class GroupQueueTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(3, 0)]
    [InlineData(3, 2)]
    public async Task Handle_Throws_ItemsGetTheSurpriseAndLaterGroupsAreHandled(int loops, int failing)
    {
        var handled = 0;
        await using var queue = new GroupQueue<Item>(
            "test queue", new GroupBounds(10, loops, 1), static item => (item.Name, 0),
            group =>
            {
                if (Interlocked.Increment(ref handled) == failing + 1)
                {
                    throw new InvalidOperationException("a surprise");
                }

                group.ForEach(static item => item.Answer.TrySetResult());
                return Task.CompletedTask;
            },
            static (item, surprise) => item.Answer.TrySetException(surprise));
        var failed = 0;
        for (var i = 0; i < 5; i++)
        {
            var item = new Item(TestData.Name($"s{i}"));
            await queue.EnqueueAsync(item, Token);
            failed += await Phase.OfAsync("answer", FailsAsync(item)) ? 1 : 0;
        }

        Assert.Equal(1, failed);
        Assert.Null(queue.Fault);
    }

    private static async Task<bool> FailsAsync(Item item)
    {
        try
        {
            await item.Answer.Task;
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    private sealed record Item(StreamName Name)
    {
        public TaskCompletionSource Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
