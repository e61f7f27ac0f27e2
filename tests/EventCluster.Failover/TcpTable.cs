using System.Globalization;

namespace EventCluster.Failover;

/// <summary>The machine's TCP connections, as Linux lists them.</summary>
internal static class TcpTable
{
    private const string Established = "01";

    /// <summary>Established connections at a port of this machine.</summary>
    public static int EstablishedTo(int port)
    {
        var local = port.ToString("X4", CultureInfo.InvariantCulture);
        return new[] { "/proc/net/tcp", "/proc/net/tcp6" }.Where(File.Exists).SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(fields => fields[1].EndsWith($":{local}", StringComparison.Ordinal) && fields[3] == Established);
    }
}
