using System.Net.Sockets;

namespace EventCluster.Edge.Peers;

/// <summary>What the system knows about the other end of a connection.</summary>
internal interface IPeerProbe
{
    /// <summary>Looks at a socket; null when the system cannot tell, or the socket is closed.</summary>
    PeerSigns? Look(Socket socket);
}
