using System.Net;
using System.Net.Sockets;

namespace EventCluster.TestKit.Servers;

/// <summary>Ports for servers under test: free a moment ago, and below the range that client sockets are given.</summary>
public static class FreePort
{
    private const int First = 20_000;
    private const int Last = 32_000;

    private static readonly Random Source = new(HashCode.Combine(Environment.ProcessId, Environment.TickCount64));

    /// <summary>The next one.</summary>
    public static int Next()
    {
        while (true)
        {
            int port;
            lock (Source)
            {
                port = Source.Next(First, Last);
            }

            using var probe = new TcpListener(IPAddress.Loopback, port);
            try
            {
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: the next draw will do.
            }
        }
    }
}
