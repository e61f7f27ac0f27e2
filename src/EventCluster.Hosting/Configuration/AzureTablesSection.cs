namespace EventCluster.Hosting.Configuration;

/// <summary>The shared store on Azure Tables.</summary>
public sealed class AzureTablesSection
{
    /// <summary>How to reach the account.</summary>
    [Option("storage account of the shared store: its connection string, with a key or a shared access signature")]
    public string ConnectionString { get; set; } = "";

    /// <summary>The table of the streams.</summary>
    [Option("table of the streams, made when missing, 3 to 50 letters and digits; the others are named after it: index, members, state")]
    public string Table { get; set; } = "eventcluster";

    /// <summary>The cluster that the data belongs to.</summary>
    [Option("name of the cluster; the first start writes it into the table, and nodes of another one are refused")]
    public string ClusterId { get; set; } = "eventcluster";

    /// <summary>Most requests in flight.</summary>
    [Option("most commits of this node in flight, and as many other requests; one more waits",
        Unit = "requests", Minimum = 1, Maximum = 1_000)]
    public int MaxRequests { get; set; } = 64;

    /// <summary>How long one request may take.</summary>
    [Option("how long one request may take; then its outcome is unknown and the stream is opened again",
        Unit = "seconds", Minimum = 1, Maximum = 600)]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may take.</summary>
    [Option("how long opening a connection may take", Unit = "seconds", Minimum = 1, Maximum = 600)]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
