using System.Globalization;
using System.Net;

namespace EventCluster.EndToEnd.Tests.SlowReaders;

/// <summary>What the kernel holds for TCP connections of this machine (Linux).</summary>
internal static class KernelQueues
{
    private const int LocalColumn = 1;
    private const int RemoteColumn = 2;
    private const int QueueColumn = 4;

    /// <summary>Bytes that a server's kernel holds unsent or unacknowledged, by the client's port.</summary>
    public static Dictionary<int, long> OfServer(int serverPort) => Read(serverPort, queue: 0);

    /// <summary>Bytes that arrived and that a server has not read, by the client's port.</summary>
    public static Dictionary<int, long> UnreadByServer(int serverPort) => Read(serverPort, queue: 1);

    private static Dictionary<int, long> Read(int serverPort, int queue)
    {
        var queues = new Dictionary<int, long>();
        foreach (var line in File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6")))
        {
            var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns[0] != "sl" && PortOf(columns[LocalColumn]) == serverPort)
            {
                queues[PortOf(columns[RemoteColumn])] = Number(columns[QueueColumn].Split(':')[queue]);
            }
        }

        return queues;
    }

    private static int PortOf(string address) => (int)Number(address[(address.LastIndexOf(':') + 1)..]) & IPEndPoint.MaxPort;

    private static long Number(string hex) => long.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
