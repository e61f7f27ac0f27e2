namespace EventCluster.Hosting.Configuration;

/// <summary>The shared store.</summary>
public sealed class PostgreSqlSection
{
    /// <summary>How to reach the database.</summary>
    [Option("database of the shared store, as Npgsql writes it: Host=...;Database=...;Username=...;Password=...")]
    public string ConnectionString { get; set; } = "";

    /// <summary>Where in the database the tables are.</summary>
    [Option("schema that holds the tables, made when missing: lower case letters, digits and underscores")]
    public string Schema { get; set; } = "eventcluster";

    /// <summary>The cluster that the data belongs to.</summary>
    [Option("name of the cluster; the first start writes it into the database, and nodes of another one are refused")]
    public string ClusterId { get; set; } = "eventcluster";

    /// <summary>Most connections for opens and reads.</summary>
    [Option("most connections of this node for opening, reading and listing; one more waits",
        Unit = "connections", Minimum = 1, Maximum = 1_000)]
    public int MaxConnections { get; set; } = 20;

    /// <summary>Transactions of commits in flight.</summary>
    [Option("transactions of gathered commits in flight at once, each on a connection of its own",
        Unit = "connections", Minimum = 1, Maximum = 16)]
    public int CommitConnections { get; set; } = 2;

    /// <summary>How long one round trip may take.</summary>
    [Option("how long one round trip may take; then its outcome is unknown and the stream is opened again",
        Unit = "seconds", Minimum = 1, Maximum = 600)]
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may take.</summary>
    [Option("how long opening a connection, or waiting for a free one, may take", Unit = "seconds", Minimum = 1, Maximum = 600)]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
