using System.Diagnostics.CodeAnalysis;
using EventCluster.Delivery.Reading;
using EventCluster.Edge.Http;
using EventCluster.Edge.Sessions;
using EventCluster.Protocol;

namespace EventCluster.Edge.Messages;

/// <summary>The members that say how a stream is delivered.</summary>
internal static class SubscribeFields
{
    /// <summary>Reads the members; unknown ones are ignored.</summary>
    public static bool TryParse(
        MessageFields fields, out SubscribeOptions options, [NotNullWhen(false)] out RequestFault? fault)
    {
        options = default;
        if (!TryStart(fields, out var start, out fault))
        {
            return false;
        }

        var onGap = GapPolicy.Default;
        if (fields.Has(MessageField.OnGap) && !TryGapPolicy(fields.Text(MessageField.OnGap), out onGap))
        {
            fault = RequestFault.BadRequest("onGap must be signal, latest or fail.");
            return false;
        }

        var base64 = fields.Has(MessageField.Encoding);
        if (base64 && fields.Text(MessageField.Encoding) is not "base64")
        {
            fault = RequestFault.BadRequest("encoding must be base64.");
            return false;
        }

        var credit = fields.Number(MessageField.Credit, 0, ProtocolLimits.MaxProducerNumber);
        if (credit is null && fields.Has(MessageField.Credit))
        {
            fault = RequestFault.BadRequest("credit must be a whole number from 0 to 9007199254740991.");
            return false;
        }

        var wait = fields.Number(MessageField.WaitForStream, 1, EdgeLimits.MaxWaitForStreamSeconds);
        if (wait is null && fields.Has(MessageField.WaitForStream))
        {
            fault = RequestFault.BadRequest($"waitForStream must be 1 to {EdgeLimits.MaxWaitForStreamSeconds} whole seconds.");
            return false;
        }

        var maxBytes = fields.Number(
            MessageField.MaxMessageBytes, EdgeLimits.SmallestMaxMessageBytes, EdgeLimits.MaxWebSocketMessageBytes);
        if (maxBytes is null && fields.Has(MessageField.MaxMessageBytes))
        {
            fault = RequestFault.BadRequest(SubscribeOptions.MaxMessageBytesRule);
            return false;
        }

        options = new SubscribeOptions(start, onGap, base64, credit, (int)(maxBytes ?? 0), wait is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        return true;
    }

    /// <summary>Refuses members that a WebSocket's <c>subscribe</c> would ignore; null when there are none.</summary>
    public static RequestFault? Misplaced(MessageFields fields)
    {
        if (fields.Has(MessageField.Window))
        {
            return RequestFault.BadRequest("window is of the whole connection: a parameter of its URL, not of subscribe.");
        }

        if (fields.Has(MessageField.Bytes))
        {
            return RequestFault.BadRequest("bytes belongs to credit messages; the credit of a subscription begins with its member credit.");
        }

        return fields.Has(MessageField.Cursor)
            ? RequestFault.BadRequest("cursor is of several streams as one event stream; a subscription begins at its offset.")
            : null;
    }

    /// <summary>Reads where to begin: <c>offset</c> or <c>last</c>.</summary>
    public static bool TryStart(MessageFields fields, out ReadStart start, [NotNullWhen(false)] out RequestFault? fault)
    {
        start = default;
        fault = null;
        var hasOffset = fields.Has(MessageField.Offset);
        if (hasOffset && !ReadStart.TryParseOffset(fields.Text(MessageField.Offset), out start))
        {
            fault = new RequestFault(400, ErrorCode.InvalidOffset, ReadStart.OffsetRule);
        }
        else if (fields.Has(MessageField.Last))
        {
            if (hasOffset)
            {
                fault = RequestFault.BadRequest("offset and last exclude each other.");
            }
            else if (fields.Number(MessageField.Last, 1, ProtocolLimits.MaxReadAnswerEvents) is { } last)
            {
                start = new ReadStart(StartKind.Last, Last: (int)last);
            }
            else
            {
                fault = RequestFault.BadRequest($"last must be 1 to {ProtocolLimits.MaxReadAnswerEvents} events.");
            }
        }

        return fault is null;
    }

    private static bool TryGapPolicy(string? text, out GapPolicy policy)
    {
        policy = text switch
        {
            "signal" => GapPolicy.Signal,
            "latest" => GapPolicy.Latest,
            "fail" => GapPolicy.Fail,
            _ => GapPolicy.Default,
        };
        return policy != GapPolicy.Default;
    }
}
