using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.Clusters;

/// <summary>Processor time over a stretch of time, by role.</summary>
public sealed class ClusterUsage
{
    private readonly Usage _all;
    private readonly (string Role, Usage Usage)[] _roles;

    /// <summary>Begins to count.</summary>
    public ClusterUsage(ClusterSubject cluster)
    {
        _roles = [.. cluster.Roles.Select(each => (each.Role, new Usage(each.Processes)))];
        _all = new Usage(cluster.All);
    }

    /// <summary>What was used per operation since the beginning.</summary>
    /// <param name="rate">Name of the figure of operations per second.</param>
    /// <param name="each">What one operation is called.</param>
    /// <param name="operations">How many.</param>
    public IReadOnlyList<Figure> Stop(string rate, string each, long operations)
    {
        var all = _all.Stop(operations);
        return
        [
            new(rate, all.PerSecond),
            new($"us/{each}", all.MicrosecondsEach),
            .. _roles.Select(role => new Figure($"{role.Role} us", role.Usage.Stop(operations).MicrosecondsEach)),
            new("generator %", all.GeneratorShare),
        ];
    }
}
