namespace EventCluster.Edge.Http;

/// <summary>How a read stays connected (<c>live=</c>).</summary>
internal enum LiveMode
{
    /// <summary>It does not: catch-up.</summary>
    None = 0,

    /// <summary><c>long-poll</c>.</summary>
    LongPoll = 1,

    /// <summary><c>sse</c>: Durable Streams framing.</summary>
    Sse = 2,

    /// <summary><c>eventsource</c>: native framing.</summary>
    EventSource = 3,
}
