using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Numerics;
using System.Text.Unicode;
using EventCluster.Edge.Memory;
using EventCluster.Edge.Messages;

namespace EventCluster.Edge.WebSockets;

/// <summary>
/// Reads a client's frames and puts messages together (RFC 6455 5). Strict: masked frames, no extensions, shortest
/// lengths. Holds memory only while a message is on its way, at most the limit of a message, and reserves it before.
/// </summary>
internal sealed class WebSocketReader(PipeReader input, InboundPool memory) : IDisposable
{
    private static readonly SocketInput NoMemory = SocketInput.Violates(
        CloseCode.TryLater, "The memory for messages is used up; reconnect in a moment and send it again.");

    private static readonly SocketInput TooSlow = SocketInput.Violates(
        CloseCode.TryLater, "The message came too slowly, and others need the memory that it held; send it again, in smaller parts.");

    /// <summary>Shortest array of a message.</summary>
    private const int SmallestArray = 64;

    private readonly byte[] _control = new byte[WebSocketFrame.MaxControlBytes];
    private byte[]? _message;
    private int _messageLength;
    private int _controlLength;
    private int _messageOpcode;
    private FrameHeader _frame;
    private bool _isInFrame;

    // Bytes of a message that is here in one piece, or of one that is not.
    private MemoryLease _lease;
    private InboundArrival? _arrival;
    private int _wanted;

    /// <summary>Reads on until there is something to report.</summary>
    public async ValueTask<SocketInput> ReadAsync(CancellationToken cancellationToken)
    {
        if (_messageOpcode == 0)
        {
            Dispose();
        }

        while (true)
        {
            _arrival?.Wait();
            var read = await input.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            if (_arrival is { } arrival && !await arrival.ArrivedAsync(buffer.Length))
            {
                // Given up at once and not with the connection: others wait for it, and a close may take its time.
                Dispose();
                input.AdvanceTo(buffer.Start, buffer.Start);
                return TooSlow;
            }

            bool found;
            SocketInput result;
            while (!(found = TryTake(ref buffer, out result)) && _wanted > 0)
            {
                if (!await TryGrowAsync())
                {
                    Dispose();
                    (found, result) = (true, NoMemory);
                    break;
                }
            }

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
        GiveBack();
        _messageLength = 0;
        _wanted = 0;
        _lease.Release();
        _lease = default;
        _arrival?.Dispose();
        _arrival = null;
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

            if (!TryTakePayload(ref buffer) || _frame.Remaining > 0)
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

    /// <summary>Takes what is there of a frame's payload; false when memory must be reserved first.</summary>
    private bool TryTakePayload(ref ReadOnlySequence<byte> buffer)
    {
        var take = (int)Math.Min(_frame.Remaining, buffer.Length);
        if (take == 0)
        {
            return true;
        }

        if (!_frame.IsControl && !HasRoom(take))
        {
            return false;
        }

        var target = _frame.IsControl ? _control.AsSpan(_controlLength, take) : _message.AsSpan(_messageLength, take);
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

        return true;
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
        if (_arrival is not null)
        {
            _lease = _arrival.Complete();
            _arrival = null;
        }

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

    /// <summary>Whether the array takes so many bytes more; if not, how long it should be is noted.</summary>
    private bool HasRoom(int bytes)
    {
        var needed = _messageLength + bytes;
        if (_message?.Length >= needed)
        {
            return true;
        }

        // Grows with what arrived, not with what a header announced: a header costs a client nothing.
        var length = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(needed, SmallestArray));
        var isWhole = _frame.IsFinal && bytes == _frame.Remaining && _messageLength == 0;
        if (isWhole && memory.TryReserve(bytes, length) is { IsGranted: true } lease)
        {
            _lease = lease;
            Take(length);
            return true;
        }

        _wanted = length;
        return false;
    }

    private async ValueTask<bool> TryGrowAsync()
    {
        _arrival ??= memory.Begin(input.CancelPendingRead);
        var length = _wanted;
        _wanted = 0;
        if (!await _arrival.TryGrowAsync(length, length))
        {
            return false;
        }

        Take(length);
        _arrival.Replaced();
        return true;
    }

    /// <summary>Goes on in an array of this length. Only small ones are pooled: a pool keeps what an attack filled it with.</summary>
    private void Take(int length)
    {
        var larger = length <= EdgeLimits.SmallBodyBytes
            ? ArrayPool<byte>.Shared.Rent(length) : GC.AllocateUninitializedArray<byte>(length);
        _message.AsSpan(0, _messageLength).CopyTo(larger);
        GiveBack();
        _message = larger;
    }

    private void GiveBack()
    {
        if (_message is { Length: <= EdgeLimits.SmallBodyBytes })
        {
            ArrayPool<byte>.Shared.Return(_message);
        }

        _message = null;
    }
}
