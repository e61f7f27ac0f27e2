namespace EventCluster.Benchmarks.Running;

/// <summary>One rung of the ladder.</summary>
public interface IBenchmark
{
    /// <summary>The name on the command line.</summary>
    string Name { get; }

    /// <summary>What it measures, in one line.</summary>
    string Summary { get; }

    /// <summary>Runs it and adds its rows to the report.</summary>
    Task RunAsync(BenchmarkContext context);
}
