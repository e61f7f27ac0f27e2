using EventCluster.Delivery;
using EventCluster.Protocol;

namespace EventCluster.Edge;

/// <summary>Options of the HTTP surface.</summary>
public sealed class EdgeOptions
{
    /// <summary>
    /// Origins whose pages may use the server, also with credentials: <c>https://app.example.com</c>, any other scheme
    /// (<c>capacitor://localhost</c>), <c>https://*.example.com</c> (subdomains), <c>http://localhost:*</c> (any port); without
    /// credentials <c>null</c> (pages that have no origin) and <c>*</c> (all). Pages of the server itself may always.
    /// </summary>
    public IReadOnlyList<string> CorsAllowedOrigins { get; set; } = LoopbackOrigins;

    /// <summary>
    /// Names that a <c>Host</c> header may carry, without port: <c>localhost</c>, <c>*.example.com</c>, or <c>*</c> for
    /// all. Keeps a foreign name that resolves to this machine (DNS rebinding) from reaching it.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; set; } = LoopbackHosts;

    /// <summary>Who may keep data answers.</summary>
    public CachePolicy Caching { get; set; } = CachePolicy.Private;

    /// <summary>How long a long-poll without <c>wait=</c> waits.</summary>
    public TimeSpan LongPollTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Silence after which a live response sends a heartbeat, unless <c>heartbeat=</c> says otherwise.</summary>
    public TimeSpan SseHeartbeat { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Age at which a <c>live=sse</c> response ends, so that caches can collapse its successors.</summary>
    public TimeSpan SseLifetime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Middle of the reconnect delay that EventSource clients are told, ± 50 % per connection.</summary>
    public int RetryMilliseconds { get; set; } = 2_000;

    /// <summary>Most bytes of a request body; less than the protocol's limit where the store takes less in one append.</summary>
    public int MaxBodyBytes { get; set; } = ProtocolLimits.MaxRequestBodyBytes;

    /// <summary>Most bytes written to a live response before waiting for its client; one event may be larger.</summary>
    public int MaxSseSlice { get; set; } = DeliveryLimits.MaxSliceBytes;

    /// <summary>Most bytes of encoded frames kept for readers to share.</summary>
    public long FrameCacheBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>Kernel send buffer of an HTTP/1.1 event stream: what is under way to its client; 0 leaves it to the system.</summary>
    public int LiveSendBufferBytes { get; set; } = EdgeLimits.LiveSendBufferBytes;

    /// <summary>Threads that move live events to their connections.</summary>
    public int Pumps { get; set; } = 1;

    /// <summary>Most bytes of blocks kept for readers that catch up.</summary>
    public long BlockCacheBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>Most payload bytes of the newest events that all feeds together keep for their subscribers.</summary>
    public long FeedBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Most client connections; further ones are closed at once.</summary>
    public int MaxConnections { get; set; } = 50_000;

    /// <summary>Lowest number of a descriptor that no connection may have: those from here on are kept for files and stores.</summary>
    public long FirstReservedDescriptor { get; set; } = long.MaxValue;

    /// <summary>Most WebSockets; a further one is closed at once with 1013 and a delay.</summary>
    public int MaxWebSockets { get; set; } = 50_000;

    /// <summary>Most SignalR connections; a further one is refused with 503 when it is negotiated.</summary>
    public int MaxHubConnections { get; set; } = 50_000;

    /// <summary>Origins of pages on this machine, any port.</summary>
    public static IReadOnlyList<string> LoopbackOrigins { get; } =
    [
        "http://localhost:*", "https://localhost:*", "http://127.0.0.1:*", "https://127.0.0.1:*", "http://[::1]:*",
        "https://[::1]:*",
    ];

    /// <summary>Names of this machine.</summary>
    public static IReadOnlyList<string> LoopbackHosts { get; } = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>Every fault of these values, in words; empty when they are usable.</summary>
    public IReadOnlyList<string> Validate()
    {
        var faults = new List<string>();
        Check(LongPollTimeout >= TimeSpan.FromSeconds(1) && LongPollTimeout <= TimeSpan.FromSeconds(60),
            "LongPollTimeout must be 1 to 60 seconds.");
        Check(SseHeartbeat >= TimeSpan.FromSeconds(5) && SseHeartbeat <= TimeSpan.FromSeconds(120),
            "SseHeartbeat must be 5 to 120 seconds.");
        Check(SseLifetime >= TimeSpan.FromSeconds(1) && SseLifetime <= TimeSpan.FromHours(1),
            "SseLifetime must be 1 second to 1 hour.");
        Check(RetryMilliseconds is >= 100 and <= 60_000, "RetryMilliseconds must be 100 to 60,000.");
        Check(MaxSseSlice is >= 1024 and <= DeliveryLimits.MaxSliceBytes,
            $"MaxSseSlice must be 1,024 to {DeliveryLimits.MaxSliceBytes:N0} bytes.");
        Check(FrameCacheBytes >= 0, "FrameCacheBytes must be 0 or more.");
        Check(BlockCacheBytes >= 0, "BlockCacheBytes must be 0 or more.");
        Check(LiveSendBufferBytes >= 0, "LiveSendBufferBytes must be 0 or more.");
        Check(Pumps is >= 1 and <= EdgeLimits.MaxPumps, $"Pumps must be 1 to {EdgeLimits.MaxPumps}.");
        Check(FeedBytes >= 0, "FeedBytes must be 0 or more.");
        Check(MaxConnections >= 1, "MaxConnections must be at least 1.");
        Check(MaxWebSockets >= 0, "MaxWebSockets must be 0 or more.");
        Check(MaxHubConnections >= 0, "MaxHubConnections must be 0 or more.");
        Check(AllowedHosts.Count > 0, "AllowedHosts must name at least one host, or \"*\".");
        return faults;

        void Check(bool ok, string fault)
        {
            if (!ok)
            {
                faults.Add(fault);
            }
        }
    }
}
