using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace EventCluster.Benchmarks.Subjects;

/// <summary>The moment at which a started server takes connections.</summary>
public static class Listening
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);

    /// <summary>Waits for it.</summary>
    public static async Task WaitAsync(IPEndPoint server)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(server);
                return;
            }
            catch (SocketException) when (Stopwatch.GetElapsedTime(start) < HangGuard)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }
    }
}
