using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text.Unicode;

namespace EventCluster.Edge.WebSockets;

/// <summary>
/// Reads a client's frames and puts messages together (RFC 6455 5). Strict: masked frames, no extensions, shortest
/// lengths. Holds memory only while a message is on its way, at most the limit of a message.
/// </summary>
internal sealed class WebSocketReader(PipeReader input) : IDisposable
{
    private readonly byte[] _control = new byte[WebSocketFrame.MaxControlBytes];
    private byte[]? _message;
    private int _messageLength;
    private int _controlLength;
    private int _messageOpcode;
    private FrameHeader _frame;
    private bool _isInFrame;

    /// <summary>Reads on until there is something to report.</summary>
    public async ValueTask<SocketInput> ReadAsync(CancellationToken cancellationToken)
    {
        if (_messageOpcode == 0)
        {
            Dispose();
        }

        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            var found = TryTake(ref buffer, out var result);
            input.AdvanceTo(buffer.Start, found ? buffer.Start : buffer.End);
            if (found)
            {
                return result;
            }

            if (read.IsCompleted)
            {
                return new SocketInput(SocketInputKind.Ended);
            }
        }
    }

    /// <summary>Gives the memory of a message back; the next message takes new one.</summary>
    public void Dispose()
    {
        if (_message is not null)
        {
            ArrayPool<byte>.Shared.Return(_message);
            _message = null;
        }

        _messageLength = 0;
    }

    private bool TryTake(ref ReadOnlySequence<byte> buffer, out SocketInput result)
    {
        while (true)
        {
            if (!_isInFrame)
            {
                if (!FrameHeader.TryRead(ref buffer, out _frame, out var fault))
                {
                    result = default;
                    return false;
                }

                fault ??= Begin();
                if (fault is { } violation)
                {
                    result = violation;
                    return true;
                }

                _isInFrame = true;
            }

            TakePayload(ref buffer);
            if (_frame.Remaining > 0)
            {
                result = default;
                return false;
            }

            _isInFrame = false;
            if (End() is { } complete)
            {
                result = complete;
                return true;
            }
        }
    }

    /// <summary>Whether the frame may stand here.</summary>
    private SocketInput? Begin()
    {
        if (_frame.IsControl)
        {
            _controlLength = 0;
            return null;
        }

        if (_frame.Opcode == WebSocketFrame.Binary)
        {
            return SocketInput.Violates(CloseCode.Unsupported, "Only text messages are spoken here; send binary events as base64.");
        }

        if ((_frame.Opcode == WebSocketFrame.Continuation) != (_messageOpcode != 0))
        {
            return SocketInput.Violates(CloseCode.Protocol, "A continuation without a beginning, or a beginning inside a message.");
        }

        if (_frame.Remaining > EdgeLimits.MaxWebSocketMessageBytes - _messageLength)
        {
            return SocketInput.Violates(
                CloseCode.TooBig, $"A message has at most {EdgeLimits.MaxWebSocketMessageBytes} bytes.");
        }

        _messageOpcode = WebSocketFrame.Text;
        return null;
    }

    private void TakePayload(ref ReadOnlySequence<byte> buffer)
    {
        var take = (int)Math.Min(_frame.Remaining, buffer.Length);
        if (take == 0)
        {
            return;
        }

        var target = _frame.IsControl ? _control.AsSpan(_controlLength, take) : Reserve(take);
        buffer.Slice(0, take).CopyTo(target);
        buffer = buffer.Slice(take);
        _frame = _frame.Unmask(target);
        if (_frame.IsControl)
        {
            _controlLength += take;
        }
        else
        {
            _messageLength += take;
        }
    }

    /// <summary>What the end of a frame completes.</summary>
    private SocketInput? End()
    {
        var control = _control.AsMemory(0, _controlLength);
        switch (_frame.Opcode)
        {
            case WebSocketFrame.Ping:
                return new SocketInput(SocketInputKind.Ping, control);
            case WebSocketFrame.Pong:
                return new SocketInput(SocketInputKind.Pong);
            case WebSocketFrame.Close:
                return EndOfClient(control.Span);
            default:
                return _frame.IsFinal ? EndMessage() : null;
        }
    }

    private SocketInput EndMessage()
    {
        _messageOpcode = 0;
        var text = _message.AsMemory(0, _messageLength);
        return Utf8.IsValid(text.Span)
            ? new SocketInput(SocketInputKind.Text, text)
            : SocketInput.Violates(CloseCode.InvalidText, "A text message must be UTF-8.");
    }

    private static SocketInput EndOfClient(ReadOnlySpan<byte> payload)
    {
        if (payload.Length == 0)
        {
            return new SocketInput(SocketInputKind.Close, default, CloseCode.NoStatus);
        }

        var code = payload.Length == 1 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(payload);
        if (code is < 1000 or >= 5000 or 1004 or 1005 or 1006 or (>= 1015 and < 3000))
        {
            return SocketInput.Violates(CloseCode.Protocol, "A close frame carries a code that may not be sent.");
        }

        return Utf8.IsValid(payload[2..])
            ? new SocketInput(SocketInputKind.Close, default, (CloseCode)code)
            : SocketInput.Violates(CloseCode.InvalidText, "The reason of a close must be UTF-8.");
    }

    private Span<byte> Reserve(int bytes)
    {
        var wanted = _messageLength + bytes;
        if (_message is null || _message.Length < wanted)
        {
            // Grows with what arrived, not with what a header announced: a header costs a client nothing.
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(wanted, 2 * _messageLength));
            if (_message is not null)
            {
                _message.AsSpan(0, _messageLength).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_message);
            }

            _message = larger;
        }

        return _message.AsSpan(_messageLength, bytes);
    }
}
