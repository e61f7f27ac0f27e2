namespace EventCluster.Failover.Partitions;

/// <summary>A change of the database's primary under a running cluster.</summary>
/// <param name="Name">On the command line.</param>
/// <param name="What">In the report.</param>
/// <param name="LosesCommits">The primary ends without a word, and its standby lacks its last commits; else it stops in an orderly way.</param>
/// <param name="ByHosts">The silos know both servers; else one address, which moves.</param>
internal sealed record StandbyCase(string Name, string What, bool LosesCommits, bool ByHosts)
{
    /// <summary>All, in the order of a run.</summary>
    public static IReadOnlyList<StandbyCase> Every { get; } =
    [
        new("switchover-address", "switchover, the address moves", LosesCommits: false, ByHosts: false),
        new("switchover-hosts", "switchover, both hosts in the connection string", LosesCommits: false, ByHosts: true),
        new("promotion-address", "promotion of a standby that lacks commits, the address moves", LosesCommits: true, ByHosts: false),
        new("promotion-hosts", "promotion of a standby that lacks commits, both hosts in the connection string", LosesCommits: true, ByHosts: true),
    ];

    /// <summary>For messages.</summary>
    public static string Names => string.Join(", ", Every.Select(it => it.Name));

    /// <summary>One by its name.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static StandbyCase Named(string name) => Every.FirstOrDefault(it => it.Name == name)
        ?? throw new FormatException($"'{name}' is no case; there are: {Names}.");
}
