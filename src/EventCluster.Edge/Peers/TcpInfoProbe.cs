using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace EventCluster.Edge.Peers;

/// <summary>Asks Linux with <c>TCP_INFO</c>; other systems cannot tell.</summary>
internal sealed class TcpInfoProbe : IPeerProbe
{
    private const int Tcp = 6;
    private const int TcpInfo = 11;

    // Places in struct tcp_info (linux/tcp.h); its layout only ever grows at the end.
    private const int RetransmitsAt = 2;
    private const int ProbesAt = 3;
    private const int UnackedAt = 24;
    private const int LastAckReceivedAt = 56;
    private const int Needed = 60;

    /// <inheritdoc />
    public PeerSigns? Look(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Span<byte> info = stackalloc byte[Needed];
        try
        {
            if (socket.GetRawSocketOption(Tcp, TcpInfo, info) < Needed)
            {
                return null;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }

        return new PeerSigns(
            (int)Number(info, UnackedAt), info[RetransmitsAt], info[ProbesAt],
            TimeSpan.FromMilliseconds(Number(info, LastAckReceivedAt)));
    }

    private static uint Number(ReadOnlySpan<byte> info, int at) => MemoryMarshal.Read<uint>(info[at..]);
}
