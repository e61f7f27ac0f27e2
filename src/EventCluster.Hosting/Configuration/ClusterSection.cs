namespace EventCluster.Hosting.Configuration;

/// <summary>
/// How the nodes of a cluster find each other and notice that one is gone. The defaults were measured: a killed or hung
/// node costs its own streams one to two seconds and the others next to nothing.
/// </summary>
public sealed class ClusterSection
{
    /// <summary>Where nodes find each other.</summary>
    [Option("where the nodes find each other")]
    public MembershipKind Membership { get; set; } = MembershipKind.Postgresql;

    /// <summary>Where others reach this node.</summary>
    [Option("address, or host name of this machine, at which the other nodes reach this one")]
    public string AdvertisedAddress { get; set; } = "127.0.0.1";

    /// <summary>The port between nodes.</summary>
    [Option("port between nodes; below the ephemeral ports", Unit = "port", Minimum = 1, Maximum = 65_535)]
    public int SiloPort { get; set; } = 11_111;

    /// <summary>The port for clients of the cluster.</summary>
    [Option("port for cluster clients, which publish without HTTP; below the ephemeral ports",
        Unit = "port", Minimum = 1, Maximum = 65_535)]
    public int GatewayPort { get; set; } = 30_000;

    /// <summary>Whether the port for clients of the cluster is open; null for the default of the role.</summary>
    [Option("whether the port for cluster clients is open; empty for the default: open on nodes that host streams, closed on edges")]
    public bool? Gateway { get; set; }

    /// <summary>What the nodes prove to each other to know.</summary>
    [Option("what all nodes and publishers know, at least 32 characters; both ends of a connection prove it and never send it; better in a file",
        IsSecret = true)]
    public string Secret { get; set; } = "";

    /// <summary>Where the secret is.</summary>
    [Option("file that holds the secret, so that neither the environment nor the command line shows it")]
    public string SecretFile { get; set; } = "";

    /// <summary>Allows a secret without TLS on other than loopback addresses.</summary>
    [Option("let nodes talk in plain text on other than loopback addresses when they have a secret but no TLS")]
    public bool AllowPlaintext { get; set; }

    /// <summary>Mutual TLS between nodes.</summary>
    public ClusterTlsSection Tls { get; } = new();

    /// <summary>With membership on this machine: the port of the first node.</summary>
    [Option("with localhost membership: the port between nodes of the node that was started first; 0 for this one",
        Unit = "port", Minimum = 0, Maximum = 65_535)]
    public int PrimarySiloPort { get; set; }

    /// <summary>How long a probe may take.</summary>
    [Option("how long a node has to answer another one's probe at first; adapts to how fast it answers, from half of this to four times; short, "
        + "because appends of its streams stall that long",
        Unit = "seconds", Minimum = 0.2, Maximum = 60)]
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Missed probes until a vote.</summary>
    [Option("probes in a row that a node may miss before it is suspected; with a quarter to half a second for each, a pause of a second may be too long",
        Unit = "probes", Minimum = 1, Maximum = 20)]
    public int MissedProbes { get; set; } = 3;

    /// <summary>Votes until a node counts as gone.</summary>
    [Option("nodes that must suspect one before it counts as gone; two, so that no single node can vote out another",
        Unit = "nodes", Minimum = 1, Maximum = 10)]
    public int Votes { get; set; } = 2;

    /// <summary>How often a node reads the membership.</summary>
    [Option("how often a node reads the list of nodes, beside being told of changes; what it may serve after it was voted out unheard",
        Unit = "seconds", Minimum = 1, Maximum = 3600)]
    public TimeSpan TableRefresh { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the range of a dead node's directory stays reserved.</summary>
    [Option("how long the addresses that a dead node kept stay locked; the store's fence gives the safety, so it can be short",
        Unit = "seconds", Minimum = 0, Maximum = 60)]
    public TimeSpan DirectoryLease { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>What an answer about the newest state of a stream rests on.</summary>
    [Option("what an answer about the newest state of a stream rests on: strict for a confirmation in the store that is younger than the "
        + "request, bounded for one of at most ReadConfirmationAge")]
    public ReadConfirmationKind ReadConfirmation { get; set; } = ReadConfirmationKind.Strict;

    /// <summary>With bounded confirmation: its greatest age.</summary>
    [Option("with ReadConfirmation=bounded: how old a confirmation may be; an answer may miss appends of that long",
        Unit = "seconds", Minimum = 0.01, Maximum = 60)]
    public TimeSpan ReadConfirmationAge { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long an edge waits for an owner.</summary>
    [Option("how long an edge waits for a stream's owner before it tries again with the same identity",
        Unit = "seconds", Minimum = 0.2, Maximum = 60)]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(2);
}
