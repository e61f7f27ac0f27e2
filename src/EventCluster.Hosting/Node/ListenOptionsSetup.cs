using System.Net;
using EventCluster.Edge;
using EventCluster.Hosting.Configuration;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace EventCluster.Hosting.Node;

/// <summary>The server's addresses, what is spoken there, and how its sockets are driven.</summary>
internal static class ListenOptionsSetup
{
    /// <summary>
    /// Clear text has no way to agree on HTTP/2 with browsers, so it is spoken on an address of its own; TLS agrees on
    /// either by ALPN.
    /// </summary>
    public static void Apply(EventClusterOptions options, ServerCertificates certificates, KestrelServerOptions server)
    {
        foreach (var address in ListenAddress.All(options.Urls))
        {
            Listen(server, address, endpoint =>
            {
                endpoint.Protocols = address.IsTls ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
                if (address.IsTls)
                {
                    // Read before the first client comes, so that a fault ends the start.
                    _ = certificates.Current;
                    endpoint.UseHttps(new TlsHandshakeCallbackOptions
                    {
                        OnConnection = _ => ValueTask.FromResult(certificates.Current),
                        HandshakeTimeout = EdgeLimits.HandshakeTimeout,
                    });
                }
            });
        }

        if (options.Http2Url.Length > 0)
        {
            Listen(
                server, ListenAddress.All(options.Http2Url).Single(), static endpoint => endpoint.Protocols = HttpProtocols.Http2);
        }
    }

    /// <summary>Sockets: the scheduling that the operator chose, and a bound on what waits for a client.</summary>
    public static void Apply(EventClusterOptions options, SocketTransportOptions sockets)
    {
        sockets.UnsafePreferInlineScheduling = options.Http.InlineScheduling;
        sockets.Backlog = EdgeLimits.ListenBacklog;
        sockets.MaxWriteBufferSize = EdgeLimits.ResponseBufferBytes;

        // What a client sends beside a response that never ends stays here; Kestrel's limit of its own pipes does not count it.
        sockets.MaxReadBufferSize = EdgeLimits.RequestBufferBytes;
    }

    private static void Listen(KestrelServerOptions server, ListenAddress address, Action<ListenOptions> configure)
    {
        // 0.0.0.0 is not *: who names it does not mean to be reachable by IPv6 too.
        if (IPAddress.TryParse(address.Host, out var ip))
        {
            server.Listen(ip, address.Port, configure);
        }
        else if (address.IsWildcard)
        {
            server.ListenAnyIP(address.Port, configure);
        }
        else if (address.Port == 0)
        {
            // A free port of localhost would have to be free on both of its addresses.
            server.Listen(IPAddress.Loopback, 0, configure);
        }
        else
        {
            server.ListenLocalhost(address.Port, configure);
        }
    }
}
