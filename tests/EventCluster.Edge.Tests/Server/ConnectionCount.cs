using Microsoft.AspNetCore.Connections;

namespace EventCluster.Edge.Tests.Server;

/// <summary>Counts the TCP connections that a server holds.</summary>
internal sealed class ConnectionCount
{
    private int _now;

    public int Now => Volatile.Read(ref _now);

    public ConnectionDelegate Count(ConnectionDelegate next) => async connection =>
    {
        Interlocked.Increment(ref _now);
        try
        {
            await next(connection);
        }
        finally
        {
            Interlocked.Decrement(ref _now);
        }
    };
}
