using EventCluster.TestKit.Servers;

namespace EventCluster.Silo.Tests.Processes;

/// <summary>What one silo is started with; ports are its own.</summary>
/// <param name="ConnectionString">The database.</param>
/// <param name="Schema">The schema in it.</param>
public sealed record SiloSettings(string ConnectionString, string Schema)
{
    /// <summary>The cluster.</summary>
    public string ClusterId { get; init; } = "states";

    /// <summary><c>backlog</c> or <c>edge</c>.</summary>
    public string Role { get; init; } = "backlog";

    /// <summary>Where it answers HTTP; null for a free port.</summary>
    public Uri? Url { get; init; }

    /// <summary>The port between silos.</summary>
    public int SiloPort { get; init; } = FreePort.Next();

    /// <summary>The port for publishers.</summary>
    public int GatewayPort { get; init; } = FreePort.Next();

    /// <summary>Where the others reach it.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>
    /// How long it waits for a probe. Longer than what operators have: a process that has just started on a busy machine answers late, and one
    /// that is voted out is the subject of few tests.
    /// </summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Options that are set in the environment, which no list of processes shows.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Further arguments.</summary>
    public IReadOnlyList<string> More { get; init; } = [];

    /// <summary>The arguments of the process.</summary>
    public IEnumerable<string> Arguments(Uri url) =>
    [
        "--urls", url.ToString().TrimEnd('/'),
        $"--EventCluster:Role={Role}",
        $"--EventCluster:PostgreSql:Schema={Schema}",
        $"--EventCluster:PostgreSql:ClusterId={ClusterId}",
        $"--EventCluster:Cluster:SiloPort={SiloPort}",
        $"--EventCluster:Cluster:GatewayPort={GatewayPort}",
        $"--EventCluster:Cluster:AdvertisedAddress={Address}",
        $"--EventCluster:Cluster:ProbeTimeout={ProbeTimeout.TotalSeconds}",
        .. More,
    ];
}
