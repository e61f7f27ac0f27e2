using System.Diagnostics;
using System.Numerics;

namespace EventCluster.Benchmarks.Running;

/// <summary>Latencies in buckets at most 1/32 wide; recording allocates nothing. One writer; merge at the end.</summary>
public sealed class LatencyHistogram
{
    private const int SubBuckets = 32;
    private const int SubBits = 5;

    private readonly long[] _counts = new long[64 * SubBuckets];

    /// <summary>Number of latencies.</summary>
    public long Count { get; private set; }

    /// <summary>Records one, in timestamp ticks.</summary>
    public void Record(long ticks)
    {
        _counts[IndexOf(Math.Max(0, ticks))]++;
        Count++;
    }

    /// <summary>Adds another's.</summary>
    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
    }

    /// <summary>The latency in ticks that the given share lies at or below.</summary>
    public long Percentile(double share)
    {
        var rank = (long)Math.Ceiling(share * Count);
        var seen = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank && seen > 0)
            {
                return UpperEnd(i);
            }
        }

        return 0;
    }

    /// <summary>The median and the 99th percentile.</summary>
    /// <param name="unit"><c>ms</c> or <c>s</c>.</param>
    public IReadOnlyList<Figure> Figures(string unit)
    {
        var each = (unit == "ms" ? 1_000.0 : 1.0) / Stopwatch.Frequency;
        return [new($"p99 {unit}", Percentile(0.99) * each), new($"p50 {unit}", Percentile(0.5) * each)];
    }

    private static int IndexOf(long ticks)
    {
        if (ticks < SubBuckets)
        {
            return (int)ticks;
        }

        var exponent = BitOperations.Log2((ulong)ticks) - SubBits;
        return ((exponent + 1) * SubBuckets) + (int)((ticks >> exponent) - SubBuckets);
    }

    private static long UpperEnd(int index)
    {
        if (index < SubBuckets)
        {
            return index;
        }

        var exponent = (index / SubBuckets) - 1;
        return ((index % SubBuckets) + SubBuckets + 1L << exponent) - 1;
    }
}
