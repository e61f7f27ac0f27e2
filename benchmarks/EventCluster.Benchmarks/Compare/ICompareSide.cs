using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.Compare;

/// <summary>One of the two that are compared: whatever can be started and put under load.</summary>
public interface ICompareSide
{
    /// <summary>In the table: <c>old</c> or <c>new</c>.</summary>
    string Name { get; }

    /// <summary>Starts it.</summary>
    /// <param name="dataPath">A folder that outlives it, null for an empty one of its own. It is ended in good order then.</param>
    /// <param name="cancellationToken">Ctrl+C.</param>
    Task<Subject> StartAsync(string? dataPath, CancellationToken cancellationToken);
}
