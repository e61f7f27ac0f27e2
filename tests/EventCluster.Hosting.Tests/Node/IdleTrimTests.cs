using EventCluster.Hosting.Node;
using Xunit;

namespace EventCluster.Hosting.Tests.Node;

/// <summary>When an idle process gives memory back, interval by interval.</summary>
public sealed class IdleTrimTests
{
    private const long MiB = 1024 * 1024;
    private const int KeptMiB = 10;
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(5);

    private readonly IdleTrim _trim = new();
    private TimeSpan _processor;
    private long _allocated;
    private long _freeMiB;

    /// <summary>
    /// An interval is busy (<c>b</c>), idle (<c>.</c>), or idle without an allocation (<c>z</c>); then it looks (<c>L</c>), gives back
    /// (<c>G</c>) or does nothing.
    /// </summary>
    [Theory]
    [InlineData("............", "-LG---L----L", 100, 50)]
    [InlineData("b.b.b.b.b.b.", "------------", 100, 50)]
    [InlineData("bbb.....", "----LG--", 100, 50)]
    [InlineData("..b....", "-L--LG-", 100, 50)]
    [InlineData("..zzzzzzzzzzz.zz", "-LG----------L--", 100, 50)]
    [InlineData("............", "-L----L----L", 7, 5)]
    [InlineData("............", "-LG---L----L", 8, 5)]
    [InlineData("............", "-LG---L----L", 2_000, 512)]
    [InlineData("............", "-L----L----L", 2_000, 513)]
    public void Next_ByWhatIsFree_ActsOnceItIsIdle(string intervals, string done, int freeMiB, int liveMiB)
    {
        _freeMiB = freeMiB;
        Assert.Equal(done, Run(intervals, liveMiB));
    }

    /// <summary>What could not be given back the last time is no reason for another stop; clearly more is one.</summary>
    [Theory]
    [InlineData(10, "L----L--")]
    [InlineData(17, "L----L--")]
    [InlineData(18, "LG---L--")]
    [InlineData(500, "LG---L--")]
    public void Next_AfterMemoryWasGivenBack_ActsOnWhatIsClearlyMore(int freeMiB, string done)
    {
        _freeMiB = 100;
        Assert.Equal("-LG---L----", Run("...........", liveMiB: 50));
        _freeMiB = freeMiB;
        Assert.Equal(done, Run("........", liveMiB: 50));
    }

    private string Run(string intervals, int liveMiB) => string.Concat(intervals.Select(interval =>
    {
        _processor += _interval * (interval == 'b' ? 2 * IdleTrim.IdlePart : IdleTrim.IdlePart / 2);
        _allocated += interval == 'z' ? 0 : MiB;
        var what = _trim.Next(new MemorySample(_processor, _allocated, liveMiB * MiB, _freeMiB * MiB), _interval);
        if (what == MemoryTrim.GiveBack)
        {
            _freeMiB = Math.Min(_freeMiB, KeptMiB);
            _trim.Keep(_freeMiB * MiB);
        }

        return what switch { MemoryTrim.Look => 'L', MemoryTrim.GiveBack => 'G', _ => '-' };
    }));
}
