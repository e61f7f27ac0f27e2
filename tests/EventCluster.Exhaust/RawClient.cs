using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EventCluster.Exhaust;

/// <summary>A socket that says what an attacker says and takes only as much as it likes.</summary>
internal sealed class RawClient : IDisposable
{
    /// <summary>A small receive buffer makes the server, not this side's kernel, hold what is not read.</summary>
    private const int ReceiveBuffer = 4 * 1024;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = ReceiveBuffer };

    /// <summary>Connects and sends; false when the server refuses.</summary>
    public async Task<bool> TryAsync(int port, ReadOnlyMemory<byte> words)
    {
        try
        {
            await _socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
            if (words.Length > 0)
            {
                await _socket.SendAsync(words);
            }

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Reads what there is, once; the number of bytes, 0 at the end.</summary>
    public async Task<int> ReadSomeAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer, cancellationToken);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <summary>Sends more; false when the connection is gone.</summary>
    public async Task<bool> SendAsync(ReadOnlyMemory<byte> words)
    {
        try
        {
            await _socket.SendAsync(words);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public static byte[] Text(string words) => Encoding.ASCII.GetBytes(words);

    public void Dispose() => _socket.Dispose();
}
