using EventCluster.Abstractions;
using EventCluster.Core.InMemory;
using EventCluster.Core.State;
using Xunit;

namespace EventCluster.Core.Tests.Running;

/// <summary>A number stands for one history, also while a store forgot which numbers it gave.</summary>
public sealed class IncarnationNumbersTests
{
    /// <summary>
    /// Goal: several histories that begin at once over a store that forgot its numbers do not share one: caches know a block by it.
    /// Method: a number far above the store's is seen, then many are drawn together and one after the other.
    /// </summary>
    [Fact]
    public async Task Draw_SeveralAtOnceFromAStoreThatForgot_AreAllDifferentAndHigher()
    {
        var numbers = new IncarnationNumbers(new InMemoryLogStore(new InMemoryLogStoreOptions()));
        numbers.Note(new IncarnationList([new IncarnationStart(1_000, 0)]));

        var drawn = await Task.WhenAll(Enumerable.Range(0, 64).Select(
            _ => Task.Run(() => numbers.DrawAsync(TestContext.Current.CancellationToken).AsTask(), TestContext.Current.CancellationToken)));
        var later = await numbers.DrawAsync(TestContext.Current.CancellationToken);

        Assert.Equal(drawn.Length, drawn.Distinct().Count());
        Assert.All(drawn, number => Assert.InRange(number, 1_001, later - 1));
    }
}
