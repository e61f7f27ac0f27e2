namespace EventCluster.Failover.Partitions;

/// <summary>A partition of a cluster in namespaces.</summary>
/// <param name="Name">On the command line.</param>
/// <param name="What">In the report.</param>
/// <param name="MayEnd">Whose silos may be voted out.</param>
/// <param name="CutAsync">Cuts.</param>
internal sealed record Partition(string Name, string What, PartitionEnds MayEnd, Func<PartitionScene, Task> CutAsync)
{
    /// <summary>The streams of the silo that is cut off must go on elsewhere while it lasts.</summary>
    public bool VictimsGoOn { get; init; }

    /// <summary>All, in the order of a run.</summary>
    public static IReadOnlyList<Partition> Every { get; } =
    [
        new("silo-cable", "a backlog silo's cable is pulled", PartitionEnds.TheOwner, PartitionScene.PullOwnerAsync) { VictimsGoOn = true },
        new("silo-silence", "a backlog silo and all others do not hear each other", PartitionEnds.TheOwner, PartitionScene.SilenceOwnerAsync) { VictimsGoOn = true },
        new("pair-blackhole", "an edge and a backlog silo cut off from the rest and the database, by routes", PartitionEnds.OneSide, PartitionScene.CutPairByRoutesAsync),
        new("pair-silence", "an edge and a backlog silo cut off from the rest and the database, in silence", PartitionEnds.OneSide, PartitionScene.CutPairInSilenceAsync),
        new("half-blackhole", "two halves, the database in reach of both, by routes", PartitionEnds.OneSide, PartitionScene.HalveByRoutesAsync),
        new("half-silence", "two halves, the database in reach of both, in silence", PartitionEnds.OneSide, PartitionScene.HalveInSilenceAsync),
        new("oneway-out", "what an edge and a backlog silo send is lost", PartitionEnds.OneSide, PartitionScene.LoseWhatPairSendsAsync),
        new("oneway-in", "what an edge and a backlog silo are sent is lost", PartitionEnds.OneSide, PartitionScene.LoseWhatPairIsSentAsync),
        new("silo-database", "a backlog silo alone is cut off from the database", PartitionEnds.Nobody, PartitionScene.CutOwnerFromDatabaseAsync) { VictimsGoOn = true },
        new("all-database", "all silos are cut off from the database", PartitionEnds.Nobody, PartitionScene.CutAllFromDatabaseAsync),
    ];

    /// <summary>For messages.</summary>
    public static string Names => string.Join(", ", Every.Select(partition => partition.Name));

    /// <summary>One by its name.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static Partition Named(string name) => Every.FirstOrDefault(partition => partition.Name == name)
        ?? throw new FormatException($"'{name}' is no partition; there are: {Names}.");
}
