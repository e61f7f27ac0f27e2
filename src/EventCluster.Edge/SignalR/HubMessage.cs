using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Framing;
using EventCluster.Edge.Http;
using EventCluster.Edge.Messages;
using EventCluster.Protocol;
using Microsoft.AspNetCore.SignalR;

namespace EventCluster.Edge.SignalR;

/// <summary>Single messages of the WebSocket protocol as results and errors of hub methods.</summary>
internal sealed class HubMessage : IMessageSink
{
    private byte[] _json = [];

    private HubMessage()
    {
    }

    /// <summary>A refusal; the exception's text is the <c>error</c> message, which SignalR passes on to the client.</summary>
    public static HubException Error(FrameWriter frames, string? stream, RequestFault fault)
    {
        var message = new HubMessage();
        new ServerMessages(message, frames).Error(id: null, stream, fault);
        return Error(message._json);
    }

    /// <summary>A refusal that is written already.</summary>
    public static HubException Error(ReadOnlySpan<byte> json) => new(System.Text.Encoding.UTF8.GetString(json));

    /// <summary>The answer to an append.</summary>
    public static HubJson Appended(
        FrameWriter frames, StreamName stream, StreamOffset tail, bool isDuplicate, bool isClosed, Durability durability)
    {
        var message = new HubMessage();
        new ServerMessages(message, frames).Appended(id: null, stream, tail, isDuplicate, isClosed, durability);
        return new HubJson(message._json);
    }

    /// <summary>The answer to a describe.</summary>
    public static HubJson Described(FrameWriter frames, StreamDescriptor stream)
    {
        var message = new HubMessage();
        new ServerMessages(message, frames).Described(stream);
        return new HubJson(message._json);
    }

    /// <inheritdoc />
    int IMessageSink.MaxFrameBytes => 0;

    /// <inheritdoc />
    long IMessageSink.Unflushed => 0;

    /// <inheritdoc />
    PayloadCoding IMessageSink.LargeJson => PayloadCoding.Raw;

    /// <inheritdoc />
    ReadOnlySpan<byte> IMessageSink.LargeTail => default;

    /// <inheritdoc />
    void IMessageSink.WriteLargeHead(FrameBuffer head, ReadOnlySpan<byte> prefix) => throw NoEvents();

    /// <inheritdoc />
    void IMessageSink.PutPart(LargeEvent large, int maxBytes) => throw NoEvents();

    /// <inheritdoc />
    void IMessageSink.Put(ReadOnlySpan<byte> type, MessageBuffer message) => _json = message.Payload.ToArray();

    private static NotSupportedException NoEvents() => new("Results and errors of hub methods carry no events.");
}
