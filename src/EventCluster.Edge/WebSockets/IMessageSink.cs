namespace EventCluster.Edge.WebSockets;

/// <summary>Puts messages into a connection's buffer, in its framing.</summary>
internal interface IMessageSink
{
    /// <summary>Puts one message.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="message">Its JSON text; valid during the call.</param>
    void Put(ReadOnlySpan<byte> type, MessageBuffer message);
}
