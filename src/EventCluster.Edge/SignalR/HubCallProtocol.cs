using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using EventCluster.Delivery.Framing;
using EventCluster.Edge.Http;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using HubMessageBase = Microsoft.AspNetCore.SignalR.Protocol.HubMessage;

namespace EventCluster.Edge.SignalR;

/// <summary>
/// SignalR's JSON protocol, except that a call whose arguments do not fit its method is refused with the reason: SignalR
/// alone says that there was an error, because it hides the texts of exceptions other than its own.
/// </summary>
internal sealed class HubCallProtocol(IHubProtocol inner, FrameWriter frames) : IHubProtocol
{
    /// <summary>What each method takes, in the words of docs/PROTOCOL.md.</summary>
    private static readonly Dictionary<string, string> Arguments = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(StreamHub.Subscribe)] = "(stream, offset or null, options or null)",
        [nameof(StreamHub.SubscribeMany)] = "(array of {stream, offset} or {stream, last}, options or null)",
        [nameof(StreamHub.Append)] = "(stream, {events, ...})",
        [nameof(StreamHub.Describe)] = "(stream)",
    };

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

    /// <inheritdoc />
    public void WriteMessage(HubMessageBase message, IBufferWriter<byte> output) => inner.WriteMessage(message, output);

    /// <inheritdoc />
    public ReadOnlyMemory<byte> GetMessageBytes(HubMessageBase message) => inner.GetMessageBytes(message);
}
