using EventCluster.TestKit.Network;

namespace EventCluster.Failover.Partitions;

/// <summary>A partition under way: who is on which side.</summary>
internal sealed class PartitionScene
{
    private readonly NamespaceCluster _cluster;
    private readonly string _owner;
    private readonly string _edge;

    private PartitionScene(NamespaceCluster cluster, string owner, string edge, IReadOnlySet<string> victims)
    {
        (_cluster, _owner, _edge, Victims) = (cluster, owner, edge, victims);
    }

    /// <summary>Streams of the backlog silo that is cut off.</summary>
    public IReadOnlySet<string> Victims { get; }

    /// <summary>The side that is cut off.</summary>
    public IReadOnlyList<string> Side => [_owner, _edge];

    private string[] Database => [NamespaceCluster.Database];

    private string[] OtherSilos => [.. _cluster.Backlogs.Concat(_cluster.Edges).Where(name => name != _owner)];

    private string[] OtherSide => [.. OtherSilos.Where(name => name != _edge)];

    /// <summary>Chooses a backlog silo that owns streams, and an edge.</summary>
    public static async Task<PartitionScene> ChooseAsync(NamespaceCluster cluster, Random random, CancellationToken cancellationToken)
    {
        List<(string Name, IReadOnlySet<string> Streams)> owners = [];
        foreach (var name in cluster.Backlogs)
        {
            if (await cluster.OwnedAsync(name, cancellationToken) is { Count: > 0 } streams)
            {
                owners.Add((name, streams));
            }
        }

        if (owners.Count == 0)
        {
            throw new InvalidDataException("No silo owns any stream.");
        }

        var owner = owners[random.Next(owners.Count)];
        return new PartitionScene(cluster, owner.Name, cluster.Edges[random.Next(cluster.Edges.Count)], owner.Streams);
    }

    /// <summary>One silo, its cable pulled.</summary>
    public static Task PullOwnerAsync(PartitionScene scene) => scene._cluster.Network.PullAsync([scene._owner]);

    /// <summary>One silo, in silence.</summary>
    public static Task SilenceOwnerAsync(PartitionScene scene) =>
        scene._cluster.Network.CutAsync([scene._owner], [.. scene.OtherSilos, .. scene.Database], LinkFault.Silence);

    /// <summary>{edge and backlog} against the rest and the database.</summary>
    public static Task CutPairByRoutesAsync(PartitionScene scene) => scene.CutPairAsync(LinkFault.Blackhole);

    /// <summary>{edge and backlog} against the rest and the database.</summary>
    public static Task CutPairInSilenceAsync(PartitionScene scene) => scene.CutPairAsync(LinkFault.Silence);

    /// <summary>Half, the database in reach of both.</summary>
    public static Task HalveByRoutesAsync(PartitionScene scene) =>
        scene._cluster.Network.CutAsync(scene.Side, scene.OtherSide, LinkFault.Blackhole);

    /// <summary>Half, the database in reach of both.</summary>
    public static Task HalveInSilenceAsync(PartitionScene scene) =>
        scene._cluster.Network.CutAsync(scene.Side, scene.OtherSide, LinkFault.Silence);

    /// <summary>One-way.</summary>
    public static Task LoseWhatPairSendsAsync(PartitionScene scene) =>
        scene._cluster.Network.LoseAsync(scene.Side, [.. scene.OtherSide, .. scene.Database], LinkFault.Silence);

    /// <summary>One-way, the other one.</summary>
    public static Task LoseWhatPairIsSentAsync(PartitionScene scene) =>
        scene._cluster.Network.LoseAsync([.. scene.OtherSide, .. scene.Database], scene.Side, LinkFault.Silence);

    /// <summary>One silo without the database.</summary>
    public static Task CutOwnerFromDatabaseAsync(PartitionScene scene) =>
        scene._cluster.Network.CutAsync([scene._owner], scene.Database, LinkFault.Silence);

    /// <summary>No silo has the database.</summary>
    public static Task CutAllFromDatabaseAsync(PartitionScene scene) =>
        scene._cluster.Network.CutAsync([scene._owner, .. scene.OtherSilos], scene.Database, LinkFault.Silence);

    private Task CutPairAsync(LinkFault how) => _cluster.Network.CutAsync(Side, [.. OtherSide, .. Database], how);
}
