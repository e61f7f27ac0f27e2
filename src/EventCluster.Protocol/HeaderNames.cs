namespace EventCluster.Protocol;

/// <summary>Header names of the Durable Streams protocol and of EventCluster's supersets (docs/PROTOCOL.md).</summary>
public static class HeaderNames
{
    /// <summary>Position after what was returned or appended.</summary>
    public const string NextOffset = "Stream-Next-Offset";

    /// <summary>Earliest retained position (EventCluster).</summary>
    public const string EarliestOffset = "Stream-Earliest-Offset";

    /// <summary>Cursor that makes long-polls collapsible in caches.</summary>
    public const string Cursor = "Stream-Cursor";

    /// <summary><c>true</c> when the answer reaches the tail.</summary>
    public const string UpToDate = "Stream-Up-To-Date";

    /// <summary><c>true</c>: the stream is closed (answer), or close it (request).</summary>
    public const string Closed = "Stream-Closed";

    /// <summary>Sliding time to live, whole seconds.</summary>
    public const string Ttl = "Stream-TTL";

    /// <summary>Absolute expiry, RFC 3339.</summary>
    public const string ExpiresAt = "Stream-Expires-At";

    /// <summary>Writer coordination: strictly increasing by bytes.</summary>
    public const string StreamSeq = "Stream-Seq";

    /// <summary>Path of the stream that a fork starts from.</summary>
    public const string ForkedFrom = "Stream-Forked-From";

    /// <summary>Position in the source where a fork starts.</summary>
    public const string ForkOffset = "Stream-Fork-Offset";

    /// <summary>Messages (JSON) or bytes past the fork offset.</summary>
    public const string ForkSubOffset = "Stream-Fork-Sub-Offset";

    /// <summary>Identity of an idempotent producer.</summary>
    public const string ProducerId = "Producer-Id";

    /// <summary>Epoch of an idempotent producer.</summary>
    public const string ProducerEpoch = "Producer-Epoch";

    /// <summary>Sequence of an idempotent producer.</summary>
    public const string ProducerSeq = "Producer-Seq";

    /// <summary>On a sequence gap: the sequence that would be accepted.</summary>
    public const string ProducerExpectedSeq = "Producer-Expected-Seq";

    /// <summary>On a sequence gap: the sequence that was sent.</summary>
    public const string ProducerReceivedSeq = "Producer-Received-Seq";

    /// <summary>How SSE data is encoded (<c>base64</c>).</summary>
    public const string SseDataEncoding = "stream-sse-data-encoding";

    /// <summary>Durability of an acknowledgement: <c>memory</c> or <c>flushed</c> (EventCluster).</summary>
    public const string Durability = "Stream-Durability";

    /// <summary>Retention by count (EventCluster).</summary>
    public const string RetainEvents = "Stream-Retain-Events";

    /// <summary>Retention by payload bytes (EventCluster).</summary>
    public const string RetainBytes = "Stream-Retain-Bytes";

    /// <summary>Retention by age, seconds (EventCluster).</summary>
    public const string RetainAge = "Stream-Retain-Age";

    /// <summary>Trim: new earliest position (EventCluster).</summary>
    public const string TrimBefore = "Stream-Trim-Before";

    /// <summary>Append only if the tail is here (EventCluster).</summary>
    public const string ExpectedOffset = "Stream-Expected-Offset";
}
