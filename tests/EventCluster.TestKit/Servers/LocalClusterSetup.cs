using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EventCluster.TestKit.Servers;

/// <summary>What a cluster of real processes is made of.</summary>
/// <param name="Port">The load balancer's port; all others follow from it.</param>
public sealed record LocalClusterSetup(int Port)
{
    private const int First = 16_500;
    private const int Step = 300;
    private const int Bases = 10;

    /// <summary>
    /// Options for whoever ends no node without its consent: a node that gets no processor for seconds, because others share
    /// the machine, is not taken for dead.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Patient { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal) { ["EventCluster__Cluster__ProbeTimeout"] = "20" };

    /// <summary>Where silos find PostgreSQL; null for the server itself.</summary>
    public int? StorePort { get; init; }

    /// <summary>Silos that own streams.</summary>
    public int Backlogs { get; init; } = 2;

    /// <summary>Silos that hold connections.</summary>
    public int Edges { get; init; } = 2;

    /// <summary>Options of all silos, and what else the script's environment should have.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Words for the script.</summary>
    internal string[] Words =>
    [
        "up", "--port", Number(Port), "--backlogs", Number(Backlogs), "--edges", Number(Edges),
        .. StorePort is { } port ? ["--store-port", Number(port)] : Array.Empty<string>(),
    ];

    /// <summary>A cluster on ports that nobody uses now, below the range that client sockets are given.</summary>
    /// <exception cref="InvalidOperationException">All are in use.</exception>
    public static LocalClusterSetup OnFreePorts()
    {
        var begin = System.Environment.ProcessId;
        var ports = Enumerable.Range(0, Bases).Select(i => First + ((begin + i) % Bases * Step));
        return new LocalClusterSetup(ports.FirstOrDefault(port => Enumerable.Range(port, Step).All(IsFree)) is > 0 and var free
            ? free
            : throw new InvalidOperationException($"Some port of each range from {First} on is in use."));
    }

    private static bool IsFree(int port)
    {
        using var probe = new TcpListener(IPAddress.Loopback, port);
        try
        {
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
