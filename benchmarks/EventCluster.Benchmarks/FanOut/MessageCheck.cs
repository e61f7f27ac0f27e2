using System.Buffers.Binary;
using System.Text;
using EventCluster.Benchmarks.Http;

namespace EventCluster.Benchmarks.FanOut;

/// <summary>Checks the frames of a WebSocket: the elements of <c>events</c> messages have one size and follow one another.</summary>
public sealed class MessageCheck : ILiveCheck
{
    private const int OffsetStart = 11;
    private const int OffsetBytes = 20;

    /// <summary>One element and the comma, or the bracket, behind it.</summary>
    private const int Stride = OffsetStart + OffsetBytes + 9 + Payloads.EventBytes + 2;

    private int _left;
    private long _count;

    /// <inheritdoc />
    public long Count => Volatile.Read(ref _count);

    /// <inheritdoc />
    public long LastSequence { get; private set; }

    /// <inheritdoc />
    public bool IsReady { get; private set; }

    /// <inheritdoc />
    public int Feed(ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        while (used < bytes.Length)
        {
            var taken = _left > 0 ? TakeElement(bytes[used..]) : TakeMessage(bytes[used..]);
            if (taken == 0)
            {
                break;
            }

            used += taken;
        }

        return used;
    }

    /// <summary>Takes a whole message, or of one with events what stands before them.</summary>
    private int TakeMessage(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 10)
        {
            return 0;
        }

        var header = bytes[1] switch { 126 => 4, 127 => 10, _ => 2 };
        var length = header switch
        {
            4 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            10 => (int)BinaryPrimitives.ReadInt64BigEndian(bytes[2..]),
            _ => bytes[1],
        };
        var message = bytes[header..Math.Min(bytes.Length, header + length)];
        if (message.StartsWith("{\"type\":\"events\""u8))
        {
            var elements = message.IndexOf((byte)'[') + 1;
            if (elements == 0)
            {
                return 0;
            }

            _left = length - elements;
            return header + elements;
        }

        if (message.Length < length)
        {
            return 0;
        }

        if (message.StartsWith("{\"type\":\"subscribed\""u8))
        {
            LastSequence = HttpAnswer.SequenceOf(message.Slice(message.IndexOf("\"offset\":\""u8) + 10, OffsetBytes));
            IsReady = true;
        }

        return header + length;
    }

    private int TakeElement(ReadOnlySpan<byte> bytes)
    {
        if (_left == 1)
        {
            _left = 0;
            return 1;
        }

        if (bytes.Length < Stride)
        {
            return 0;
        }

        var element = bytes[..Stride];
        var sequence = HttpAnswer.SequenceOf(element.Slice(OffsetStart, OffsetBytes));
        if (sequence != LastSequence + 1 || !element.StartsWith("{\"offset\":\""u8) || element[^2] != '}')
        {
            throw new InvalidDataException($"After {LastSequence} came: {Encoding.ASCII.GetString(element)}");
        }

        LastSequence = sequence;
        Volatile.Write(ref _count, _count + 1);
        _left -= Stride;
        return Stride;
    }
}
