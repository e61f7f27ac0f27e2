using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace EventCluster.Edge.Live;

/// <summary>Trades the limits that are made for requests and answers for those of a connection that stays.</summary>
internal static class ConnectionBounds
{
    // <linux/tcp.h>: the socket takes more only while less than this is unsent; what is sent but not acknowledged does not count.
    private const int Tcp = 6;
    private const int NotSentLowWaterMark = 25;

    /// <summary>Limits of a request body mean nothing for a connection: its bounds are its transport's own.</summary>
    public static void LiftForRequest(HttpContext context)
    {
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } requestRate)
        {
            requestRate.MinDataRate = null;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }
    }

    /// <summary>A reader may be slow, and costs no more than it must.</summary>
    public static void SetForResponse(HttpContext context, EdgeOptions options)
    {
        // A paused reader costs one slice and may stay paused; Kestrel would cut it off for reading too slowly.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        BoundKernelBuffer(context, options.LiveSendBufferBytes);
    }

    /// <summary>
    /// What is under way to a quick client may be as much as a long line holds; what waits behind a slow one may not.
    /// </summary>
    private static void BoundKernelBuffer(HttpContext context, int bytes)
    {
        // One HTTP/2 connection carries many responses and has a flow control of its own.
        if (bytes == 0 || HttpProtocol.IsHttp2(context.Request.Protocol)
            || context.Features.Get<IConnectionSocketFeature>() is not { } connection)
        {
            return;
        }

        try
        {
            if (OperatingSystem.IsLinux())
            {
                connection.Socket.SendBufferSize = bytes;
                Span<byte> unsent = stackalloc byte[sizeof(int)];
                MemoryMarshal.Write(unsent, EdgeLimits.LiveUnsentBytes);
                connection.Socket.SetRawSocketOption(Tcp, NotSentLowWaterMark, unsent);
            }
            else
            {
                connection.Socket.SendBufferSize = Math.Min(bytes, EdgeLimits.LiveSendBufferBytesWithoutLowWater);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client has left already, which the first flush finds out.
        }
    }
}
