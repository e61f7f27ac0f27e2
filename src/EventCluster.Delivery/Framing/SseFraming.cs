namespace EventCluster.Delivery.Framing;

/// <summary>How events stand in an event stream.</summary>
internal enum SseFraming : byte
{
    /// <summary>One event each: <c>id:</c> and the payload line by line.</summary>
    EventSourceText = 0,

    /// <summary>One event each: <c>id:</c> and the payload as base64.</summary>
    EventSourceBase64 = 1,

    /// <summary>Payloads run together, line by line; the slice adds the frame.</summary>
    DurableText = 2,

    /// <summary>Payloads with a comma before each; the slice drops the first comma and adds the frame.</summary>
    DurableJson = 3,

    /// <summary>All payloads of the slice as one base64 text; cannot be cut.</summary>
    DurableBase64 = 4,

    /// <summary>One element of an <c>events</c> message each, JSON as stored.</summary>
    MessageJson = 5,

    /// <summary>One element of an <c>events</c> message each, text as a JSON string.</summary>
    MessageText = 6,

    /// <summary>One element of an <c>events</c> message each, the payload as base64.</summary>
    MessageBase64 = 7,
}
