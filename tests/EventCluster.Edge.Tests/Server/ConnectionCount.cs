using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace EventCluster.Edge.Tests.Server;

/// <summary>Counts the TCP connections that a server holds, and knows where they come from.</summary>
internal sealed class ConnectionCount
{
    private readonly ConcurrentDictionary<EndPoint, ConnectionContext> _now = new();

    public int Now => _now.Count;

    public bool Holds(EndPoint source) => _now.ContainsKey(source);

    /// <summary>Bytes of the kernel's send buffer of connections that come from now on; null for the system's.</summary>
    public int? SendBufferBytes { get; set; }

    public ConnectionDelegate Count(ConnectionDelegate next) => async connection =>
    {
        var source = connection.RemoteEndPoint!;
        _now[source] = connection;
        if (SendBufferBytes is { } bytes)
        {
            connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket.SendBufferSize = bytes;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            _now.TryRemove(KeyValuePair.Create(source, connection));
        }
    };
}
