using System.Text;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Wire;

/// <summary>Reads what a <see cref="WireWriter"/> wrote.</summary>
internal sealed class WireReader(byte[] fields, ReadOnlyMemory<byte>[] buffers)
{
    private const int MaxNumberBytes = 10;

    private int _at;
    private int _nextBuffer;

    public ReadOnlyMemory<byte> Buffer() => buffers[_nextBuffer++];

    public long Number()
    {
        ulong value = 0;
        for (var i = 0; i < MaxNumberBytes; i++)
        {
            var next = fields[_at++];
            value |= (ulong)(next & 0x7F) << (7 * i);
            if (next < 0x80)
            {
                return (long)value;
            }
        }

        throw new InvalidDataException("A number of a message between silos has more than 64 bits.");
    }

    public int Int() => checked((int)Number());

    public bool Flag() => fields[_at++] != 0;

    public string Text()
    {
        var bytes = Int();
        _at += bytes;
        return Encoding.UTF8.GetString(fields, _at - bytes, bytes);
    }

    public StreamOffset Offset() => new(Number(), Number());

    public StreamName Name() => StreamName.Parse(Text());

    public StreamContentType Type() => StreamContentType.Parse(Text());

    public (UnavailableReason Reason, string Detail) Reason() => ((UnavailableReason)Number(), Text());

    public RetentionLimits Limits() => new(OptionalNumber(), OptionalNumber(), OptionalNumber());

    public long? OptionalNumber() => Optional(Number);

    public string? OptionalText() => Flag() ? Text() : null;

    public ProducerStamp? OptionalStamp() => Flag() ? new ProducerStamp(Text(), Number(), Number()) : null;

    public T? Optional<T>(Func<T> read)
        where T : struct => Flag() ? read() : null;

    public ReadOnlyMemory<byte>[] Events()
    {
        var events = new ReadOnlyMemory<byte>[Int()];
        if (events.Length == 0)
        {
            return events;
        }

        var all = Buffer();
        var at = 0;
        for (var i = 0; i < events.Length; i++)
        {
            var length = Int();
            events[i] = all.Slice(at, length);
            at += length;
        }

        return events;
    }
}
