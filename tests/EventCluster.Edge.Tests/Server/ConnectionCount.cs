using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace EventCluster.Edge.Tests.Server;

/// <summary>Counts the TCP connections that a server holds, and knows where they come from.</summary>
internal sealed class ConnectionCount
{
    private readonly ConcurrentDictionary<EndPoint, ConnectionContext> _now = new();

    public int Now => _now.Count;

    public bool Holds(EndPoint source) => _now.ContainsKey(source);

    public ConnectionDelegate Count(ConnectionDelegate next) => async connection =>
    {
        var source = connection.RemoteEndPoint!;
        _now[source] = connection;
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
