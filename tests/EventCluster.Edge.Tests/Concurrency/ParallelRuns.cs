namespace EventCluster.Edge.Tests.Concurrency;

/// <summary>How much is tried. The environment can ask for more: <c>tests/soak.sh parallel</c> does.</summary>
internal static class ParallelRuns
{
    /// <summary>Drawn cases of each test.</summary>
    public static long Iterations { get; } =
        Environment.GetEnvironmentVariable("EVENTCLUSTER_PARALLEL_ITERATIONS") is { Length: > 0 } text ? long.Parse(text) : 60;

    /// <summary>Operations that run at the same time; a case is judged by all orders of them.</summary>
    public const int Operations = 5;

    /// <summary>Threads of one case.</summary>
    public const int Threads = 3;
}
