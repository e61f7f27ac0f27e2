using System.Globalization;
using System.Text;
using EventCluster.Abstractions.Memory;
using EventCluster.Edge;
using EventCluster.Edge.Connections;
using EventCluster.Hosting.Configuration;
using EventCluster.Protocol;

namespace EventCluster.Hosting.Node;

/// <summary>Every limit that a client or an operator can meet, as a Markdown page, which <c>docs/LIMITS.md</c> must equal.</summary>
public static class LimitsTable
{
    private static IEnumerable<Row> Memory =>
    [
        new("`Memory:Budget`", $"{NodeMemory.DefaultPercent} % of what the runtime may use", "the whole that the shares below divide; rented arrays are counted before they are allocated", "nothing by itself"),
        new("`Memory:Shares:RequestBodies`", Percent(MemoryShares.Default.RequestBodies), "bodies above 64 KiB and what is made of them until their commit is settled", "`503 overloaded` with `Retry-After`; a client that sends too slowly while others need the memory: `408 too_slow`"),
        new("`Memory:Shares:SmallBodies`", Percent(MemoryShares.Default.SmallBodies), $"the reserve of bodies and messages of at most {Bytes(EdgeLimits.SmallBodyBytes)}; they use the large share when it is full", "as above"),
        new("`Memory:Shares:Messages`", Percent(MemoryShares.Default.Messages), "unfinished WebSocket and SignalR messages, and their appends until they are settled", "an append: `error` with `overloaded`; an unfinished WebSocket message: close 1013; an unfinished SignalR message: close with an error that begins with `overloaded`"),
        new("`Memory:Shares:Delivery`", Percent(MemoryShares.Default.Delivery), "bytes handed to connections whose clients have not taken them", "the reader waits at its offset"),
        new("`Memory:Shares:CatchUp`", Percent(MemoryShares.Default.CatchUp), "events read for answers and for readers that catch up", "`503 overloaded` with `Retry-After`, or the reader waits at its offset"),
        new("`Memory:Shares:Caches`", Percent(MemoryShares.Default.Caches), "tail caches (half of it at most), feeds (a quarter), caches of blocks and of frames (an eighth each); their own options are bounds inside it", "nothing; reads come from the store"),
        new("`Memory:Shares:StreamState`", Percent(MemoryShares.Default.StreamState), "the index of streams, loaded streams and producers; what is known goes on", "create, fork and appends of new producers: `507 state_full`"),
        new("`Memory:Shares:Connections`", Percent(MemoryShares.Default.Connections), "what the server holds for each connection", "fewer connections are taken"),
        new("speed of a body or message", $"{Bytes(EdgeLimits.SlowBytesPerSecond)} per second over {Seconds(EdgeLimits.SlowAfter)}", "below it a client is cut when its share is full and others need it, slowest first", "`408 too_slow`; WebSocket: close 1013; SignalR: close with an error"),
        new("bytes of a client that wait unread", $"{Bytes(EdgeLimits.RequestBufferBytes)}; HTTP/2: {Bytes(EdgeLimits.Http2ConnectionWindowBytes)}, {Bytes(EdgeLimits.Http2StreamWindowBytes)} per stream", "the server stops reading from the socket", "its sends wait"),
    ];

    private static IEnumerable<Row> Requests =>
    [
        new("one event", Bytes(ProtocolLimits.MaxEventBytes), "on every transport", "`413 too_large`"),
        new("`Limits:AppendBytes`", Bytes(ProtocolLimits.MaxRequestBodyBytes), "one request body", "`413 too_large`"),
        new("events of one append", Count(ProtocolLimits.MaxEventsPerAppend), "a JSON array or an append message", "`413 too_large`"),
        new("one message", Bytes(EdgeLimits.MaxWebSocketMessageBytes), "WebSocket and SignalR", "close 1009; SignalR: close with an error"),
        new("appends of one WebSocket without an answer", $"{Count(EdgeLimits.MaxAppendsInFlight)}, {Bytes(EdgeLimits.MaxAppendBytesInFlight)}", "further messages are not read", "its sends wait"),
        new("streams of one connection", Count(EdgeLimits.MaxStreamsPerSession), "WebSocket, SignalR, composite event stream", "close 1008; `400`"),
        new("request line, headers", $"{Bytes(EdgeLimits.MaxRequestLineBytes)}, {Bytes(EdgeLimits.MaxRequestHeaderBytes)}", "before a request is read", "`414`, `431`"),
        new("heads of the open requests of one HTTP/2 connection", Bytes(EdgeLimits.Http2HeldHeadBytes), $"those above {Bytes(EdgeLimits.UncountedHeadBytes)}, as they were decoded", "`431 headers_too_large`"),
    ];

    private static IEnumerable<Row> OfNode =>
    [
        new("`Limits:Streams`", Count(ProtocolLimits.MaxStreams), "streams of the store", "`507 stream_limit`"),
        new("`Limits:ProducersPerStream`", Count(ProtocolLimits.MaxProducersPerStream), "producers that a stream remembers", "`429 producer_limit`"),
        new("`Limits:PendingAppendBytesPerStream`", Bytes(new LimitsSection().PendingAppendBytesPerStream), "payloads that wait for the store in one stream", "`503 overloaded`"),
        new("`Limits:LoadedStreams`", Count(new LimitsSection().LoadedStreams), "streams in memory", "`503 overloaded`"),
        new("`Limits:WaitingReadsPerStream`, `Limits:WaitingReads`", $"{Count(new LimitsSection().WaitingReadsPerStream)}, {Count(new LimitsSection().WaitingReads)}", "reads that wait at tails", "`503 overloaded`"),
        new("`Limits:Connections`", Count(new LimitsSection().Connections), "connections, and no more than descriptors and memory allow", "the connection is closed at once"),
        new("connections of this machine beyond it", Count(ConnectionGate.AdministrationReserve), "administration and probes while the server is full", "for everything else `503 overloaded`"),
        new("descriptors (`ulimit -n`)", $"all but {Count(DescriptorLimit.Reserve)} (a sixteenth of small limits) and {Count(DescriptorLimit.ToCome)} for the runtime", "what connections may take; the rest is for journal, stores, other nodes and administration", "the connection is closed at once"),
        new("threads (`pids.max`)", $"all but {Count(ThreadLimit.Reserve)}", "threads of the pool; the rest is for journal, delivery, log and the runtime", "answers come later"),
        new("memory of one connection", $"{Bytes(ConnectionBound.BytesPerConnection)} idle, {Bytes(ConnectionBound.MaxBytesPerConnection)} at most", "the share of connections is divided by the first; all connections with the second fit into it and what no share claims", "fewer connections are taken"),
        new("`Limits:WebSockets`", Count(new LimitsSection().WebSockets), "WebSockets", "close 1013"),
        new("`Limits:SignalR`", Count(new LimitsSection().SignalR), "SignalR connections", "`503 overloaded`"),
    ];

    /// <summary>The whole page.</summary>
    public static string Render()
    {
        var text = new StringBuilder(
            """
            # Limits

            Generated from code: what each limit does and what a client sees when it is reached. Names with a colon are options
            ([OPTIONS.md](OPTIONS.md)), the others are constants. Codes are those of [PROTOCOL.md](PROTOCOL.md).

            """);
        Write(text, "Memory", Memory);
        Write(text, "Requests and messages", Requests);
        Write(text, "The node", OfNode);
        return text.ToString();
    }

    private static void Write(StringBuilder text, string title, IEnumerable<Row> rows)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n| Limit | Default | What it bounds | What a client sees |\n|---|---|---|---|\n");
        foreach (var row in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row.Limit} | {row.Default} | {row.Bounds} | {row.Answer} |\n");
        }
    }

    private static string Bytes(long bytes) =>
        bytes % (1024 * 1024) == 0 ? $"{bytes / (1024 * 1024)} MiB" : $"{bytes / 1024} KiB";

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Percent(int percent) => $"{percent} %";

    private static string Seconds(TimeSpan time) => $"{time.TotalSeconds} s";

    private sealed record Row(string Limit, string Default, string Bounds, string Answer);
}
