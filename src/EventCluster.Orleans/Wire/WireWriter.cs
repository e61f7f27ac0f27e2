using System.Text;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Wire;

/// <summary>Writes the fields of a message: numbers with 7 bits per byte, texts length first, options after a 0 or 1.</summary>
internal sealed class WireWriter : IDisposable
{
    private readonly MemoryStream _stream = new(128);
    private readonly BinaryWriter _writer;
    private List<ReadOnlyMemory<byte>>? _buffers;

    public WireWriter() => _writer = new BinaryWriter(_stream, Encoding.UTF8);

    public byte[] GetFields() => _stream.ToArray();

    public ReadOnlyMemory<byte>[]? GetBuffers() => _buffers?.ToArray();

    public void Buffer(ReadOnlyMemory<byte> buffer) => (_buffers ??= []).Add(buffer);

    public void Number(long value) => _writer.Write7BitEncodedInt64(value);

    public void Flag(bool value) => _writer.Write(value);

    public void Text(string value) => _writer.Write(value);

    public void Offset(StreamOffset offset)
    {
        Number(offset.Incarnation);
        Number(offset.Sequence);
    }

    public void Name(StreamName name) => Text(name.Value);

    public void Type(StreamContentType type) => Text(type.Original);

    public void Reason(UnavailableReason reason, string detail)
    {
        Number((long)reason);
        Text(detail);
    }

    public void Limits(RetentionLimits limits)
    {
        Optional(limits.Events);
        Optional(limits.Bytes);
        Optional(limits.AgeSeconds);
    }

    public void Optional(long? value) => Optional(value, Number);

    public void Optional(string? text)
    {
        Flag(text is not null);
        if (text is not null)
        {
            Text(text);
        }
    }

    public void Optional<T>(T? value, Action<T> write)
        where T : struct
    {
        Flag(value.HasValue);
        if (value is { } present)
        {
            write(present);
        }
    }

    public void Optional(ProducerStamp? stamp)
    {
        Flag(stamp is not null);
        if (stamp is not null)
        {
            Text(stamp.Id);
            Number(stamp.Epoch);
            Number(stamp.Sequence);
        }
    }

    /// <summary>Events: their lengths among the fields, their bytes end to end in one buffer.</summary>
    public void Events(IReadOnlyList<ReadOnlyMemory<byte>> events)
    {
        Number(events.Count);
        var bytes = 0;
        for (var i = 0; i < events.Count; i++)
        {
            Number(events[i].Length);
            bytes += events[i].Length;
        }

        if (events.Count == 1)
        {
            Buffer(events[0]);
        }
        else if (events.Count > 1)
        {
            var all = GC.AllocateUninitializedArray<byte>(bytes);
            var at = 0;
            for (var i = 0; i < events.Count; i++)
            {
                events[i].Span.CopyTo(all.AsSpan(at));
                at += events[i].Length;
            }

            Buffer(all);
        }
    }

    public void Dispose() => _writer.Dispose();
}
