using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.Compare;

/// <summary>One workload that both sides carry in turn.</summary>
/// <param name="Key">Its name for <c>--rows</c>.</param>
/// <param name="Label">What it is.</param>
/// <param name="Gates">The figures that are shown, in order.</param>
public sealed record CompareRow(string Key, string Label, IReadOnlyList<Gate> Gates)
{
    /// <summary>One round on a side's running server; null when the row starts servers itself.</summary>
    public Func<BenchmarkContext, Subject, Task<IReadOnlyList<Figure>>>? OnRunning { get; init; }

    /// <summary>One round on servers that the row starts and ends, because what it measures must begin fresh.</summary>
    public Func<BenchmarkContext, ICompareSide, Task<IReadOnlyList<Figure>>>? OnFresh { get; init; }
}
