using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Streams;
using EventCluster.Core;
using EventCluster.Edge;
using EventCluster.Protocol;
using EventCluster.Storage.LocalDisk;
using EventCluster.Storage.PostgreSql;

namespace EventCluster.Hosting.Configuration;

/// <summary>What the operator set, in the words of each room.</summary>
internal static class NodeOptions
{
    public static LocalStreamDirectoryOptions ForDirectory(EventClusterOptions options) => new()
    {
        RetentionDefaults = new RetentionLimits(
            Set(options.Retention.Events), Set(options.Retention.Bytes), Set((long)options.Retention.Age.TotalSeconds)),
        IdleUnloadAfter = options.Memory.IdleUnloadAfter,
        TailCacheBytesPerStream = options.Memory.TailCacheBytesPerStream,
        TailCacheBytesPerNode = options.Memory.TailCacheBytes,
        MaxAppendBytes = AppendBytes(options),
        MaxPendingAppendBytesPerStream = options.Limits.PendingAppendBytesPerStream,
        MaxParkedReadsPerStream = options.Limits.WaitingReadsPerStream,
        MaxParkedReadsPerNode = options.Limits.WaitingReads,
        MaxLoadedStreams = options.Limits.LoadedStreams,
        MaxProducersPerStream = options.Limits.ProducersPerStream,
    };

    public static LocalDiskOptions ForLocalDisk(EventClusterOptions options, bool restored, MemoryShare? streamState = null) => new()
    {
        Path = Path.GetFullPath(options.DataPath),
        Flush = options.LocalDisk.Flush,
        SegmentBytes = options.LocalDisk.SegmentBytes,
        MaxStreams = options.Limits.Streams,
        Restored = restored,
        StreamState = streamState,
    };

    public static PostgreSqlOptions ForPostgreSql(EventClusterOptions options, bool restored) => new()
    {
        ConnectionString = options.PostgreSql.ConnectionString,
        Schema = options.PostgreSql.Schema,
        ClusterId = options.PostgreSql.ClusterId,
        NodeName = options is ClusterNodeOptions { NodeName: { Length: > 0 } name } ? name : $"{Environment.MachineName}:{Environment.ProcessId}",
        MaxConnections = options.PostgreSql.MaxConnections,
        ConnectsAtStart = true,
        CommitConnections = options.PostgreSql.CommitConnections,
        CommandTimeout = options.PostgreSql.CommandTimeout,
        ConnectTimeout = options.PostgreSql.ConnectTimeout,
        MaxStreams = options.Limits.Streams,
        Restored = restored,
    };

    public static void Apply(EventClusterOptions options, EdgeOptions edge)
    {
        edge.CorsAllowedOrigins = options.Cors.AllowedOrigins;
        edge.AllowedHosts = [.. options.AllowedHosts, .. ListeningHosts(options)];
        edge.Caching = options.Caching;
        edge.LongPollTimeout = options.LongPoll.Timeout;
        edge.SseHeartbeat = options.Sse.Heartbeat;
        edge.SseLifetime = options.Sse.Lifetime;
        edge.RetryMilliseconds = (int)options.Sse.Retry.TotalMilliseconds;
        edge.MaxConnections = options.Limits.Connections;
        edge.MaxWebSockets = options.Limits.WebSockets;
        edge.MaxHubConnections = options.Limits.SignalR;
        edge.LiveSendBufferBytes = options.Http.LiveSendBufferBytes;
        edge.Pumps = options.Http.Pumps;
        edge.MaxBodyBytes = AppendBytes(options);
        edge.FeedBytes = options.Memory.FeedBytes;
        edge.BlockCacheBytes = options.Memory.BlockCacheBytes;
        edge.FrameCacheBytes = options.Memory.FrameCacheBytes;
    }

    public static int AppendBytes(EventClusterOptions options) =>
        options.Limits.AppendBytes == 0 ? ProtocolLimits.MaxRequestBodyBytes : options.Limits.AppendBytes;

    private static long? Set(long limit) => limit == 0 ? null : limit;

    // Who listens on all addresses has no list of names to check against, unless AllowedHosts gives one; one that says what
    // the default says was given, too.
    private static IEnumerable<string> ListeningHosts(EventClusterOptions options)
    {
        foreach (var address in ListenAddress.All($"{options.Urls};{options.Http2Url}"))
        {
            if (!address.IsWildcard)
            {
                yield return address.HostName;
            }
            else if (ReferenceEquals(options.AllowedHosts, EdgeOptions.LoopbackHosts))
            {
                yield return "*";
            }
        }
    }
}
