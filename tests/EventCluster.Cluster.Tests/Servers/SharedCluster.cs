using EventCluster.Cluster.Tests.Servers;
using EventCluster.TestKit.Servers;

[assembly: AssemblyFixture(typeof(SharedCluster))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace EventCluster.Cluster.Tests.Servers;

/// <summary>
/// The cluster of the whole run: PostgreSQL, two backlog silos, two edges and the load balancer, all real processes. Tests run
/// one after the other, because one of them ends edges.
/// </summary>
public sealed class SharedCluster : IAsyncLifetime
{
    private const int Edges = 2;

    private LocalCluster? _cluster;
    private bool _lacksEdge;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The load balancer.</summary>
    public Uri Url => Running.Url;

    private LocalCluster Running => _cluster ?? throw new InvalidOperationException("The cluster runs from the beginning.");

    public async ValueTask InitializeAsync() => _cluster = await LocalCluster.UpAsync(
        LocalClusterSetup.OnFreePorts() with
        {
            Edges = Edges,

            // The Durable Streams suite wants waits below 5 s.
            Environment = new Dictionary<string, string>(LocalClusterSetup.Patient, StringComparer.Ordinal)
            {
                ["EventCluster__LongPoll__Timeout"] = "4",
            },
        },
        CancellationToken.None);

    public ValueTask DisposeAsync() => Running.DisposeAsync();

    /// <summary>Where the edges themselves answer.</summary>
    public async Task<IReadOnlyList<Uri>> EdgesAsync()
    {
        await CompleteEdgesAsync();
        return [.. (await Running.OfRoleAsync("edge", Token)).Select(edge => edge.Url)];
    }

    /// <summary>
    /// Ends all edges as an operator would who updates them: a new one first, then SIGTERM to the old ones, which the load
    /// balancer forgets. Owners and streams stay.
    /// </summary>
    public async Task ReplaceEdgesAsync()
    {
        var old = await Running.OfRoleAsync("edge", Token);
        _lacksEdge = true;
        await Running.AddAsync("edge", Token);
        foreach (var edge in old)
        {
            await Running.StopAsync(edge.Name, Token);
        }
    }

    /// <summary>Brings back what <see cref="ReplaceEdgesAsync"/> left out: two edges.</summary>
    public async Task CompleteEdgesAsync()
    {
        while (_lacksEdge)
        {
            await Running.AddAsync("edge", Token);
            _lacksEdge = (await Running.OfRoleAsync("edge", Token)).Count < Edges;
        }
    }
}
