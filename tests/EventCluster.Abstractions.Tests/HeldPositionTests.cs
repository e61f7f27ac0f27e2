using EventCluster.Protocol;
using Xunit;

namespace EventCluster.Abstractions.Tests;

public sealed class HeldPositionTests
{
    private static readonly IncarnationList One = new(new IncarnationStart(3, 0));
    private static readonly IncarnationList Forked = new(new IncarnationStart(3, 0), new IncarnationStart(7, 10));

    /// <summary>Whatever a list holds can be compared with the rest of it; what it does not hold has no place in it.</summary>
    [Theory]
    [InlineData(3, 0, true)]
    [InlineData(3, 10, true)]
    [InlineData(7, 10, true)]
    [InlineData(7, 99, true)]
    [InlineData(3, 11, false)]
    [InlineData(7, 9, false)]
    [InlineData(5, 10, false)]
    [InlineData(8, 10, false)]
    [InlineData(1, 0, false)]
    public void TryHold_AnyPosition_AgreesWithHolds(long incarnation, long sequence, bool isHeld)
    {
        var position = new StreamOffset(incarnation, sequence);
        Assert.Equal(isHeld, Forked.Holds(position));
        Assert.Equal(isHeld, Forked.TryHold(position, out var held));
        if (isHeld)
        {
            Assert.Equal((7, sequence), (held.Incarnation, held.Sequence));
            Assert.Equal(Forked.OffsetAfter(sequence), Forked.OffsetAfter(held));
        }
        else
        {
            Assert.Equal(default, held);
            Assert.Throws<ArgumentException>(() => Forked.Hold(position));
        }
    }

    [Fact]
    public void Compare_SamePlaceUnderTwoOffsets_IsEqual() =>
        Assert.Equal(Forked.Hold(new StreamOffset(3, 10)), Forked.Hold(new StreamOffset(7, 10)));

    [Fact]
    public void Compare_PositionsOfOneList_FollowsTheSequence()
    {
        var (low, high) = (Forked.Hold(new StreamOffset(3, 4)), Forked.Hold(new StreamOffset(7, 12)));
        Assert.True(low < high && low <= high && high > low && high >= low && low != high);
        Assert.Equal((8, high, low), (high - low, low.Plus(8), high.At(4)));
        Assert.True(low.IsComparableTo(high) && low.CompareTo(high) < 0);
    }

    /// <summary>The same offset, held by the list of another life of the stream, is not the same place.</summary>
    [Fact]
    public void Compare_PositionsOfTwoIncarnations_IsRefused()
    {
        var (old, fresh) = (One.Hold(new StreamOffset(3, 4)), Forked.Hold(new StreamOffset(3, 4)));
        Assert.NotEqual(old, fresh);
        Assert.False(old.IsComparableTo(fresh));
        Assert.Throws<InvalidOperationException>(() => old < fresh);
        Assert.Throws<InvalidOperationException>(() => old <= fresh);
        Assert.Throws<InvalidOperationException>(() => old > fresh);
        Assert.Throws<InvalidOperationException>(() => old >= fresh);
        Assert.Throws<InvalidOperationException>(() => old - fresh);
        Assert.Throws<InvalidOperationException>(() => old.CompareTo(fresh));
        Assert.Throws<ArgumentException>(() => One.OffsetAfter(fresh));
    }
}
