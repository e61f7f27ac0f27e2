using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;
using EventCluster.TestKit.Servers;

namespace EventCluster.Benchmarks.Compare;

/// <summary>The published server of a checkout.</summary>
/// <param name="Name">In the table.</param>
/// <param name="Dll">What was published.</param>
/// <param name="Options">The options that it knows.</param>
/// <param name="Arguments">Options of both sides, in today's names.</param>
public sealed record ServerSide(string Name, string Dll, OptionNames Options, IReadOnlyList<string> Arguments) : ICompareSide
{
    /// <inheritdoc />
    public async Task<Subject> StartAsync(string? dataPath, CancellationToken cancellationToken) => new PublishedSubject(
        Name, await ServerProcess.StartOfAsync(Dll, dataPath, Options.Translate(Arguments, BenchmarkContext.Progress), cancellationToken), dataPath is not null);
}
