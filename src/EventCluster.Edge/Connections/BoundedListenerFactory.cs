using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EventCluster.Edge.Connections;

/// <summary>
/// Kestrel's sockets behind a <see cref="ConnectionGate"/>. A connection that is one too many is closed right after it was
/// accepted, before anything is made for it; Kestrel's own limit makes a whole connection first and logs each refusal.
/// </summary>
/// <param name="options">How sockets are driven.</param>
/// <param name="gate">The gate of all addresses.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log of connections.</param>
public sealed class BoundedListenerFactory(
    IOptions<SocketTransportOptions> options, ConnectionGate gate, TimeProvider time, ILogger<BoundedListenerFactory> logger)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    private readonly SocketConnectionContextFactory _connections = new(Options(options.Value), logger);

    /// <inheritdoc />
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint or UnixDomainSocketEndPoint or FileHandleEndPoint;

    /// <inheritdoc />
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket? socket = null;
        try
        {
            socket = options.Value.CreateBoundListenSocket(endpoint);
            socket.Listen(options.Value.Backlog);
            return ValueTask.FromResult<IConnectionListener>(
                new BoundedListener(socket, _connections, options.Value.NoDelay, gate, time));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket?.Dispose();
            throw new AddressInUseException(e.Message, e);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _connections.Dispose();

    /// <summary>
    /// All options of the transport. Its buffers are among them, and only this constructor, which is not public, takes them over:
    /// without it buffers of the last peak would never be given back.
    /// </summary>
    private static SocketConnectionFactoryOptions Options(SocketTransportOptions transport)
    {
        try
        {
            return Make(transport);
        }
        catch (MissingMethodException)
        {
            return new SocketConnectionFactoryOptions
            {
                IOQueueCount = transport.IOQueueCount,
                WaitForDataBeforeAllocatingBuffer = transport.WaitForDataBeforeAllocatingBuffer,
                MaxReadBufferSize = transport.MaxReadBufferSize,
                MaxWriteBufferSize = transport.MaxWriteBufferSize,
                UnsafePreferInlineScheduling = transport.UnsafePreferInlineScheduling,
            };
        }

        [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
        static extern SocketConnectionFactoryOptions Make(SocketTransportOptions transport);
    }
}
