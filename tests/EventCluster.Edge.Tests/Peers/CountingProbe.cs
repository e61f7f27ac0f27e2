using System.Net.Sockets;
using EventCluster.Edge.Peers;

namespace EventCluster.Edge.Tests.Peers;

/// <summary>Counts looks, so that a test can wait for them.</summary>
internal sealed class CountingProbe : IPeerProbe
{
    private readonly TcpInfoProbe _probe = new();
    private int _looks;

    public int Looks => Volatile.Read(ref _looks);

    public PeerSigns? Look(Socket socket)
    {
        var signs = _probe.Look(socket);
        Interlocked.Increment(ref _looks);
        return signs;
    }
}
