using System.Runtime.CompilerServices;
using EventCluster.Abstractions.Memory;
using EventCluster.Edge.Http;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Connections;

/// <summary>
/// The large heads of the open requests of each HTTP/2 connection. A client may refer to a header that it sent before with a single
/// byte, so what its streams make the server hold has no relation to what it sends, and is counted as it was decoded.
/// </summary>
internal static class HeldHeads
{
    /// <summary>Only connections with a large head have an entry, and it goes with them.</summary>
    private static readonly ConditionalWeakTable<IConnectionItemsFeature, MemoryShare> _ofConnections = [];

    /// <summary>Counts the head of a request until its response ends; false when its connection has too many bytes of heads.</summary>
    public static bool TryHold(HttpContext context)
    {
        if (!HttpProtocol.IsHttp2(context.Request.Protocol) || BytesOf(context) is var bytes && bytes <= EdgeLimits.UncountedHeadBytes
            || context.Features.Get<IConnectionItemsFeature>() is not { } connection)
        {
            return true;
        }

        var heads = _ofConnections.GetValue(connection, static _ => new MemoryShare("heads", EdgeLimits.Http2HeldHeadBytes));
        if (!heads.TryReserve(bytes))
        {
            return false;
        }

        context.Response.RegisterForDispose(new Hold(heads, bytes));
        return true;
    }

    private static long BytesOf(HttpContext context)
    {
        long bytes = RequestTarget.Of(context).Length;
        foreach (var (name, values) in context.Request.Headers)
        {
            for (var i = 0; i < values.Count; i++)
            {
                bytes += name.Length + (values[i]?.Length ?? 0);
            }
        }

        return bytes;
    }

    private sealed class Hold(MemoryShare heads, long bytes) : IDisposable
    {
        public void Dispose() => heads.Release(bytes);
    }
}
