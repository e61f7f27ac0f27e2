using System.Runtime.InteropServices;
using EventCluster.Core.Decisions;
using Xunit;

namespace EventCluster.Core.Tests.Decisions;

public sealed class BlockMemoryTests
{
    private readonly BlockMemory _memory = new();

    [Fact]
    public void Take_ManySmallBlocks_SharesFewArraysAndGivesNoByteTwice()
    {
        const int Blocks = 1_000;
        const int Size = 272;
        var taken = Enumerable.Range(0, Blocks).Select(_ => _memory.Take(Size)).ToArray();
        for (var i = 0; i < Blocks; i++)
        {
            Assert.Equal(Size, taken[i].Length);
            taken[i].Span.Fill((byte)i);
        }

        for (var i = 0; i < Blocks; i++)
        {
            Assert.Equal(-1, taken[i].Span.IndexOfAnyExcept((byte)i));
        }

        var arrays = taken.Select(ArrayOf).Distinct().ToArray();
        Assert.InRange(arrays.Length, 1, (Blocks / (BlockMemory.LargestArray / Size)) + 5);
        Assert.All(arrays, array => Assert.InRange(array.Length, Size, BlockMemory.LargestArray));
    }

    [Fact]
    public void Take_TheFirstBlock_WastesNothing() => Assert.Equal(100, ArrayOf(_memory.Take(100)).Length);

    [Fact]
    public void Take_ALargeBlock_HasAnArrayOfItsOwn()
    {
        var before = ArrayOf(_memory.Take(100));
        var large = ArrayOf(_memory.Take(BlockMemory.LargestArray * 10));
        Assert.Equal(BlockMemory.LargestArray * 10, large.Length);
        Assert.NotSame(before, large);
    }

    [Fact]
    public void Take_AfterARestart_BeginsWithWhatIsNeeded()
    {
        for (var i = 0; i < 100; i++)
        {
            _memory.Take(100);
        }

        _memory.Restart();
        Assert.Equal(120, ArrayOf(_memory.Take(120)).Length);
    }

    private static byte[] ArrayOf(Memory<byte> memory)
    {
        Assert.True(MemoryMarshal.TryGetArray((ReadOnlyMemory<byte>)memory, out var segment));
        return segment.Array!;
    }
}
