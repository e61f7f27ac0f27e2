using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using EventCluster.Delivery.Framing;
using EventCluster.Edge.Http;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using HubMessageBase = Microsoft.AspNetCore.SignalR.Protocol.HubMessage;

namespace EventCluster.Edge.SignalR;

/// <summary>
/// SignalR's JSON protocol, except that a call whose arguments do not fit its method is refused with the reason (SignalR
/// alone says that there was an error, because it hides the texts of exceptions other than its own), and that an item larger than
/// a slice is written in parts.
/// </summary>
internal sealed class HubCallProtocol(IHubProtocol inner, FrameWriter frames) : IHubProtocol
{
    private const byte RecordSeparator = 0x1e;

    /// <summary>The members of SignalR's messages.</summary>
    private static readonly string[] Members =
    [
        "type", "invocationId", "target", "arguments", "streamIds", "headers", "item", "result", "error", "allowReconnect", "sequenceId",
    ];

    /// <summary>What each method takes, in the words of docs/PROTOCOL.md.</summary>
    private static readonly Dictionary<string, string> Arguments = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(StreamHub.Subscribe)] = "(stream, offset or null, options or null)",
        [nameof(StreamHub.SubscribeMany)] = "(array of {stream, offset} or {stream, last}, options or null)",
        [nameof(StreamHub.Append)] = "(stream, {events, ...})",
        [nameof(StreamHub.Describe)] = "(stream)",
    };

    private static readonly ReadOnlyMemory<byte> _itemTail = new[] { (byte)'}', HubRecords.Separator };

    /// <inheritdoc />
    public string Name => inner.Name;

    /// <inheritdoc />
    public int Version => inner.Version;

    /// <inheritdoc />
    public TransferFormat TransferFormat => inner.TransferFormat;

    /// <inheritdoc />
    public bool IsVersionSupported(int version) => inner.IsVersionSupported(version);

    /// <inheritdoc />
    public bool TryParseMessage(
        ref ReadOnlySequence<byte> input, IInvocationBinder binder, [NotNullWhen(true)] out HubMessageBase? message)
    {
        if (input.PositionOf(RecordSeparator) is { } end && RepeatedMember(input.Slice(0, end)) is { } repeated)
        {
            // As for every message that is none: SignalR ends the connection and says why.
            throw new InvalidDataException($"The member '{repeated}' is there twice; a member may occur once in a message.");
        }

        if (!inner.TryParseMessage(ref input, binder, out message))
        {
            return false;
        }

        if (message is InvocationBindingFailureMessage failure && Arguments.TryGetValue(failure.Target, out var takes))
        {
            var fault = RequestFault.BadRequest(
                $"{failure.Target} takes {takes}, each of them present: {failure.BindingFailure.SourceException.Message}");
            message = new InvocationBindingFailureMessage(
                failure.InvocationId, failure.Target,
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(HubMessage.Error(frames, stream: null, fault)));
        }

        return true;
    }

    /// <summary>A member of the message itself that is there more than once; SignalR takes the last, others may read the first.</summary>
    private static string? RepeatedMember(ReadOnlySequence<byte> text)
    {
        try
        {
            var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = EdgeLimits.MaxMessageDepth });
            var seen = 0;
            var isObject = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
            while (isObject && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                for (var i = 0; i < Members.Length; i++)
                {
                    if (reader.ValueTextEquals(Members[i]))
                    {
                        if ((seen & (1 << i)) != 0)
                        {
                            return Members[i];
                        }

                        seen |= 1 << i;
                    }
                }

                reader.Read();
                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // SignalR says what is wrong with it.
        }

        return null;
    }

    /// <inheritdoc />
    public void WriteMessage(HubMessageBase message, IBufferWriter<byte> output)
    {
        if (message is StreamItemMessage { Item: HubJson { Parts: { } parts } } item && output is HubOutput connection)
        {
            // As SignalR writes an item, up to the value.
            output.Write("{\"type\":2,\"invocationId\":"u8);
            output.Write(JsonSerializer.SerializeToUtf8Bytes(item.InvocationId));
            output.Write(",\"item\":"u8);
            connection.GoOnWith(parts, _itemTail);
            return;
        }

        inner.WriteMessage(message, output);
    }

    /// <inheritdoc />
    public ReadOnlyMemory<byte> GetMessageBytes(HubMessageBase message) => inner.GetMessageBytes(message);
}
