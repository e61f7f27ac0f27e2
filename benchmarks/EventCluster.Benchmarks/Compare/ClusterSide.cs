using System.Net;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;
using EventCluster.TestKit.Servers;

namespace EventCluster.Benchmarks.Compare;

/// <summary>The smallest cluster of a checkout's published silo: one process that owns streams and one edge, on a database of its own.</summary>
/// <param name="Name">In the table.</param>
/// <param name="Dll">What was published.</param>
/// <param name="Options">The options that it knows.</param>
/// <param name="Arguments">Options of this side, in today's names.</param>
/// <param name="Store">The database server.</param>
public sealed record ClusterSide(string Name, string Dll, OptionNames Options, IReadOnlyList<string> Arguments, ClusterStore Store) : ICompareSide
{
    /// <inheritdoc />
    public async Task<Subject> StartAsync(string? dataPath, CancellationToken cancellationToken)
    {
        if (dataPath is not null)
        {
            throw new ArgumentException("A cluster's data are in its database; no row starts one again on what it stored.", nameof(dataPath));
        }

        var database = await Store.CreateAsync();
        ServerProcess? owner = null;
        try
        {
            owner = await StartAsync("backlog", database, cancellationToken);
            var edge = await StartAsync("edge", database, cancellationToken);
            return new PublishedSubject(
                Name,
                new IPEndPoint(IPAddress.Loopback, edge.Url.Port),
                new ProcessTree([edge.Process.Id, owner.Process.Id, Store.ProcessId], () => EndAsync(edge, owner, database)));
        }
        catch
        {
            await EndAsync(null, owner, database);
            throw;
        }
    }

    private Task<ServerProcess> StartAsync(string role, string database, CancellationToken cancellationToken)
    {
        // On loopback no silo needs a secret, and the reference knows none.
        string[] own =
        [
            $"--EventCluster:Role={role}", $"--EventCluster:NodeName={Name}-{role}", $"--EventCluster:PostgreSql:ConnectionString={database}",
            $"--EventCluster:Cluster:SiloPort={FreePort.Next()}", $"--EventCluster:Cluster:GatewayPort={FreePort.Next()}",

            // The generator takes a processor of two: a node that gets none for a while is not taken for dead.
            "--EventCluster:Cluster:ProbeTimeout=20",
        ];
        return ServerProcess.StartOfAsync(
            Dll, dataPath: null, Options.Translate([.. own, .. Arguments], BenchmarkContext.Progress), cancellationToken);
    }

    private async ValueTask EndAsync(ServerProcess? edge, ServerProcess? owner, string database)
    {
        foreach (var process in new[] { edge, owner }.OfType<ServerProcess>())
        {
            await process.DisposeAsync();
        }

        await Store.DropAsync(database);
    }
}
