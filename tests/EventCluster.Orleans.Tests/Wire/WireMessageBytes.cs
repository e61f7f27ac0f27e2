using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Session;
using Orleans.Serialization.WireProtocol;

namespace EventCluster.Orleans.Tests.Wire;

/// <summary>
/// The structure of a message's bytes: where the fields of each object begin and where the object ends. From it follow the bytes
/// that another version would have written.
/// </summary>
internal sealed class WireMessageBytes
{
    private const byte EndOfObject = 0xE0;

    /// <summary>Fields with number 50, which no message has: a number, a text, and an object with a number in it.</summary>
    private static readonly byte[] Unknown = [0x07, 0x65, 0x0B, 0x47, 0x01, 0x03, (byte)'x', 0x27, 0x01, 0x00, 0x0B, EndOfObject];

    private static readonly SerializerSessionPool Sessions =
        new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<SerializerSessionPool>();

    private readonly byte[] _bytes;
    private readonly List<(List<int> Fields, int End, bool IsArray)> _objects = [];

    public WireMessageBytes(byte[] bytes)
    {
        _bytes = bytes;
        using var session = Sessions.GetSession();
        var reader = Reader.Create(bytes, session);
        Visit(ref reader, reader.ReadFieldHeader());
    }

    /// <summary>The message as a newer version writes it, once for each object: with three fields more.</summary>
    public IEnumerable<byte[]> WithFieldsAdded() =>
        _objects.Select(it => (byte[])[.. _bytes[..it.End], .. Unknown, .. _bytes[it.End..]]);

    /// <summary>The message as an older version writes it, for each object and each number of fields that it may have had.</summary>
    public IEnumerable<byte[]> WithFieldsMissing() =>
        from it in _objects
        where !it.IsArray
        from field in it.Fields
        select (byte[])[.. _bytes[..field], .. _bytes[it.End..]];

    private void Visit(ref Reader<SpanReaderInput> reader, Field field)
    {
        switch (field.WireType)
        {
            case WireType.TagDelimited:
                VisitObject(ref reader);
                break;
            case WireType.LengthPrefixed:
                reader.Skip(reader.ReadVarUInt32());
                break;
            case WireType.Fixed32:
                reader.Skip(4);
                break;
            case WireType.Fixed64:
                reader.Skip(8);
                break;
            default:
                _ = reader.ReadVarUInt64();
                break;
        }
    }

    private void VisitObject(ref Reader<SpanReaderInput> reader)
    {
        List<int> fields = [];
        var repeats = 0;
        while (true)
        {
            var at = (int)reader.Position;
            var field = reader.ReadFieldHeader();
            if (field.IsEndObject)
            {
                // Elements of an array all have the number of the first one.
                _objects.Add((fields, at, IsArray: repeats > 0));
                return;
            }

            if (field.IsEndBaseFields)
            {
                // In front of the fields of a record.
                continue;
            }

            repeats += fields.Count > 0 && field.FieldIdDelta == 0 ? 1 : 0;
            fields.Add(at);
            Visit(ref reader, field);
        }
    }
}
