using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EventCluster.Edge;

/// <summary>Sets every limit of Kestrel on purpose.</summary>
public static class KestrelLimits
{
    private static readonly TimeSpan KestrelTick = TimeSpan.FromSeconds(1);

    /// <summary>Kestrel refuses less.</summary>
    private static readonly TimeSpan ShortestPing = TimeSpan.FromSeconds(1);

    /// <summary>Kestrel reads a bare LF as the end of a line unless this switch of the process says otherwise; it is no option.</summary>
    private const string NoLineFeedAlone = "Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators";

    /// <summary>Applies the limits of <see cref="EdgeLimits"/> and <paramref name="options"/> to a server.</summary>
    public static void Apply(KestrelServerOptions server, EdgeOptions options)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(options);
        server.AddServerHeader = false;

        // What stands before the server may see one line where a bare LF makes two (RFC 9112 2.2 allows to refuse it).
        AppContext.SetSwitch(NoLineFeedAlone, isEnabled: true);
        var limits = server.Limits;
        limits.MaxConcurrentConnections = options.MaxConnections;
        limits.MaxRequestHeaderCount = EdgeLimits.MaxRequestHeaders;
        limits.MaxRequestHeadersTotalSize = EdgeLimits.MaxRequestHeaderBytes;
        limits.MaxRequestLineSize = EdgeLimits.MaxRequestLineBytes;
        limits.Http2.MaxRequestHeaderFieldSize = EdgeLimits.MaxRequestLineBytes;

        // The body reader answers 413 itself at the protocol's limit; Kestrel's is where draining ends.
        limits.MaxRequestBodySize = EdgeLimits.MaxDrainedBodyBytes;
        limits.MaxRequestBufferSize = EdgeLimits.RequestBufferBytes;
        limits.Http2.HeaderTableSize = EdgeLimits.Http2HeaderTableBytes;
        limits.Http2.InitialConnectionWindowSize = EdgeLimits.Http2ConnectionWindowBytes;
        limits.Http2.InitialStreamWindowSize = EdgeLimits.Http2StreamWindowBytes;
        limits.MaxResponseBufferSize = EdgeLimits.ResponseBufferBytes;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(10));

        // Live responses switch this off for themselves: a paused reader costs a slice, so it may stay.
        limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(10));
        limits.Http2.MaxStreamsPerConnection = EdgeLimits.Http2StreamsPerConnection;

        // A connection whose client vanished without a word is found out by pings, within two heartbeats: Kestrel looks once
        // a second, so each of the two steps may be that late.
        var ping = options.SseHeartbeat - KestrelTick < ShortestPing ? ShortestPing : options.SseHeartbeat - KestrelTick;
        limits.Http2.KeepAlivePingDelay = ping;
        limits.Http2.KeepAlivePingTimeout = ping;
    }
}
