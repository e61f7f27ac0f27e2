using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Orleans.Directory;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Orleans.Tests.Directory;

/// <summary>A wait that is longer than the longest one at the owner is several reads.</summary>
public sealed class LongWaitTests : LaneTest
{
    private static readonly TimeSpan Piece = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Goal: what the answer claims was confirmed after the whole wait (CORRECTNESS rule 27), however long an answer of a piece was
    /// on its way. Method: that answer comes when the time is over.
    /// </summary>
    [Theory]
    [InlineData(1.5, 1)]
    [InlineData(4, 1)]
    [InlineData(1, 0)]
    public async Task Wait_AnswerOfAPieceComesAfterItsEnd_AsksOnceMoreWithoutAWait(double pieces, int more)
    {
        Options.LongestWait = Piece;
        Grain.ReadAnswersTake = 10 * Piece;
        var handle = new OrleansStreamHandle(Reach, Stream.Name, Grain);
        var tail = (await Stream.StateAsync()).Tail;

        var outcome = await Phase.OfAsync("read", handle.ReadAsync(
            new ReadRequest(tail, 1024, 10, pieces * Piece, Touch: false), TestContext.Current.CancellationToken).AsTask());

        Assert.Empty(Assert.IsType<ReadOutcome.Batch>(outcome).Slices);
        Assert.Equal([Piece, .. Enumerable.Repeat(TimeSpan.Zero, more)], Grain.Waits);
    }
}
