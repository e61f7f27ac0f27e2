using EventCluster.Protocol;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace EventCluster.Abstractions.Tests;

public sealed class IncarnationListTests
{
    private static readonly IncarnationList List = new(
        new IncarnationStart(3, 0), new IncarnationStart(5, 10), new IncarnationStart(9, 10), new IncarnationStart(12, 20));

    [Theory]
    [InlineData(3, 0, true)]
    [InlineData(3, 10, true)]
    [InlineData(3, 11, false)]
    [InlineData(5, 9, false)]
    [InlineData(5, 10, true)]
    [InlineData(5, 11, false)]
    [InlineData(9, 10, true)]
    [InlineData(9, 20, true)]
    [InlineData(9, 21, false)]
    [InlineData(12, 20, true)]
    [InlineData(12, 1_000, true)]
    [InlineData(4, 5, false)]
    [InlineData(13, 30, false)]
    public void Holds_Position_OnlyInItsOwnHistoryAndAtBoundaries(long incarnation, long sequence, bool holds) =>
        Assert.Equal(holds, List.Holds(new StreamOffset(incarnation, sequence)));

    [Theory]
    [InlineData(0, 3, 3)]
    [InlineData(9, 3, 3)]
    [InlineData(10, 9, 3)]
    [InlineData(11, 9, 9)]
    [InlineData(20, 12, 9)]
    [InlineData(21, 12, 12)]
    public void HolderAndOffset_AtASequence_NameTheRightHistory(long sequence, long holder, long offsetOf)
    {
        Assert.Equal(holder, List.HolderOf(sequence));
        Assert.Equal(new StreamOffset(offsetOf, sequence), List.OffsetAfter(sequence));
        Assert.True(List.Holds(List.OffsetAfter(sequence)));
    }

    [Fact]
    public void OffsetAfter_RisingSequences_RisesInByteOrder() =>
        Assert.All(Enumerable.Range(0, 40), s => Assert.True(
            string.CompareOrdinal(List.OffsetAfter(s).ToString(), List.OffsetAfter(s + 1).ToString()) < 0));

    [Fact]
    public void UpTo_ForkPoint_KeepsTheHistoriesThatHoldIt()
    {
        Assert.Equal(new IncarnationList(new IncarnationStart(3, 0)), List.UpTo(9));
        Assert.Equal(3, List.UpTo(19).Count);
        Assert.Equal(20, List.EndOfHolder(15));
        Assert.Null(List.EndOfHolder(20));
    }

    [Fact]
    public void Constructor_FallingOrEmpty_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new IncarnationList());
        Assert.Throws<ArgumentException>(() => List.Add(12, 30));
        Assert.Throws<ArgumentException>(() => List.Add(13, 19));
    }

    [Fact]
    public void Holds_AnyListAndPosition_MatchesTheDefinition()
    {
        var lists = Gen.Choose(0, 4).NonEmptyListOf().Select(steps =>
        {
            long incarnation = 0, sequence = 0;
            return new IncarnationList(steps
                .Select(step => new IncarnationStart(++incarnation * 2, sequence += step)).ToArray());
        });
        var positions = from i in Gen.Choose(1, 12) from s in Gen.Choose(0, 20) select new StreamOffset(i, s);
        Prop.ForAll(lists.ToArbitrary(), positions.ToArbitrary(), (list, position) =>
        {
            var index = list.ToList().FindIndex(start => start.Incarnation == position.Incarnation);
            var expected = index >= 0
                && position.Sequence >= list[index].FirstSequence
                && (index == list.Count - 1 || position.Sequence <= list[index + 1].FirstSequence);
            return list.Holds(position) == expected;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));
    }
}
