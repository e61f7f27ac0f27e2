using EventCluster.Delivery.Framing;

namespace EventCluster.Edge.Messages;

/// <summary>Puts messages into a connection's buffer, in its framing.</summary>
internal interface IMessageSink
{
    /// <summary>Most bytes of events that go out as one piece; a larger event goes out as a large message.</summary>
    int MaxFrameBytes { get; }

    /// <summary>Bytes that were put since the last flush.</summary>
    long Unflushed { get; }

    /// <summary>How JSON as stored stands in a large message.</summary>
    PayloadCoding LargeJson { get; }

    /// <summary>What follows a large message.</summary>
    ReadOnlySpan<byte> LargeTail { get; }

    /// <summary>Puts one message.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="message">Its JSON text; valid during the call.</param>
    void Put(ReadOnlySpan<byte> type, MessageBuffer message);

    /// <summary>Writes what a large <c>events</c> message begins with.</summary>
    /// <param name="head">The beginning, which is sent with the first part.</param>
    /// <param name="prefix">The beginning of its JSON text.</param>
    void WriteLargeHead(FrameBuffer head, ReadOnlySpan<byte> prefix);

    /// <summary>Puts the next part of a large message. Nothing else is put before its last part.</summary>
    /// <param name="large">The message.</param>
    /// <param name="maxBytes">Most bytes of the part.</param>
    void PutPart(LargeEvent large, int maxBytes);
}
