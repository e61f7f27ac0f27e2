using System.Text;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Core.State;

/// <summary>
/// Bytes of <see cref="StreamState"/>: a version, a byte of flags, then the fields in the order of
/// <see cref="Encode"/>. Numbers are variable-length (7 bits per byte), texts are length-prefixed UTF-8, an optional
/// value follows a 0 or 1. <c>StreamStateCodecTests</c> freezes the format.
/// </summary>
internal static class StreamStateCodec
{
    private const byte FormatVersion = 1;

    /// <summary>
    /// The same fields. A stream whose forks are kept apart says so by this number: a build that does not know it would
    /// take their entries for producers, and purge what the forks need. (2 stands for "a later build" in tests of builds
    /// that are in use.)
    /// </summary>
    private const byte ForksApartVersion = 3;
    private const byte ClosedFlag = 1;
    private const byte OwesReleaseFlag = 2;
    private const byte TouchedExactlyFlag = 4;

    /// <summary>
    /// Further fields stand behind the list of holds. Each version may add some at the end: a build reads those that it knows, takes
    /// defaults for those that are not there, and ignores the rest. Without the flag nothing may stand there.
    /// </summary>
    private const byte MoreFieldsFlag = 8;

    /// <summary>Encodes a state.</summary>
    public static ReadOnlyMemory<byte> Encode(StreamState state)
    {
        using var stream = new MemoryStream(128);
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(state.KeepsForksApart ? ForksApartVersion : FormatVersion);
        writer.Write((byte)((state.Closed ? ClosedFlag : 0) | (state.OwesRelease ? OwesReleaseFlag : 0)
            | (state.TouchedExactly ? TouchedExactlyFlag : 0) | (HasMore(state) ? MoreFieldsFlag : 0)));
        writer.Write((byte)state.Lifecycle);
        writer.Write(state.ContentType.Original);
        Write(writer, state.RequestedTtlSeconds);
        Write(writer, state.RequestedExpiresAt);
        Write(writer, state.TtlSeconds);
        Write(writer, state.ExpiresAt);
        writer.Write7BitEncodedInt64(state.TouchedAt);
        Write(writer, state.Retention.Events);
        Write(writer, state.Retention.Bytes);
        Write(writer, state.Retention.AgeSeconds);
        Write(writer, state.ClosedBy);
        Write(writer, state.LastStreamSeq);
        writer.Write7BitEncodedInt64(state.Trimmed.From);
        writer.Write7BitEncodedInt64(state.Trimmed.To);
        writer.Write7BitEncodedInt(state.ForkDepth);
        Write(writer, state.Origin);
        Write(writer, state.Inherited);
        Write(writer, state.Holds);
        if (HasMore(state))
        {
            Write(writer, state.CreateRequestId);
        }

        if (state.Lost.To > state.Lost.From)
        {
            writer.Write(true);
            writer.Write7BitEncodedInt64(state.Lost.From);
            writer.Write7BitEncodedInt64(state.Lost.To);
        }

        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Reads a state that <see cref="Encode"/> wrote.</summary>
    /// <exception cref="LogDamagedException">The bytes are not a state of a version that this build knows.</exception>
    public static StreamState Decode(ReadOnlyMemory<byte> encoded)
    {
        using var stream = new MemoryStream(encoded.ToArray(), writable: false);
        using var reader = new BinaryReader(stream, Encoding.UTF8);
        try
        {
            var version = reader.ReadByte();
            if (version is not (FormatVersion or ForksApartVersion))
            {
                throw new LogDamagedException(
                    $"A stream's state has format version {version}; this build reads version {FormatVersion} and version {ForksApartVersion}.");
            }

            var flags = reader.ReadByte();
            var state = Read(reader, flags) with { KeepsForksApart = version == ForksApartVersion };
            if ((flags & MoreFieldsFlag) != 0)
            {
                return ReadMore(state, reader);
            }

            return stream.Position == stream.Length
                ? state
                : throw new LogDamagedException("A stream's state is longer than its fields.");
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or DecoderFallbackException
            or ArgumentException)
        {
            throw new LogDamagedException($"A stream's state cannot be read: {e.Message}");
        }
    }

    private static bool HasMore(StreamState state) => state.CreateRequestId is not null || state.Lost.To > state.Lost.From;

    private static StreamState ReadMore(StreamState state, BinaryReader reader)
    {
        if (HasNext(reader))
        {
            state = state with { CreateRequestId = reader.ReadString() };
        }

        return HasNext(reader)
            ? state with { Lost = new SequenceRange(reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64()) }
            : state;
    }

    private static bool HasNext(BinaryReader reader) =>
        reader.BaseStream.Position < reader.BaseStream.Length && reader.ReadBoolean();

    private static StreamState Read(BinaryReader reader, byte flags)
    {
        return new StreamState
        {
            Closed = (flags & ClosedFlag) != 0,
            OwesRelease = (flags & OwesReleaseFlag) != 0,
            TouchedExactly = (flags & TouchedExactlyFlag) != 0,
            Lifecycle = (Lifecycle)reader.ReadByte(),
            ContentType = StreamContentType.Parse(reader.ReadString()),
            RequestedTtlSeconds = ReadNumber(reader),
            RequestedExpiresAt = ReadNumber(reader),
            TtlSeconds = ReadNumber(reader),
            ExpiresAt = ReadNumber(reader),
            TouchedAt = reader.Read7BitEncodedInt64(),
            Retention = new RetentionLimits(ReadNumber(reader), ReadNumber(reader), ReadNumber(reader)),
            ClosedBy = ReadStamp(reader),
            LastStreamSeq = reader.ReadBoolean() ? reader.ReadString() : null,
            Trimmed = new SequenceRange(reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64()),
            ForkDepth = reader.Read7BitEncodedInt(),
            Origin = ReadOrigin(reader),
            Inherited = ReadList(reader, static r => new InheritedRange(
                StreamName.Parse(r.ReadString()), r.Read7BitEncodedInt64(), r.Read7BitEncodedInt64())),
            Holds = ReadList(reader, static r => new ForkHold(
                StreamName.Parse(r.ReadString()),
                r.Read7BitEncodedInt64(),
                r.Read7BitEncodedInt64(),
                r.Read7BitEncodedInt64(),
                r.ReadBoolean(),
                r.Read7BitEncodedInt64())),
        };
    }

    private static void Write(BinaryWriter writer, long? value)
    {
        writer.Write(value.HasValue);
        if (value is { } number)
        {
            writer.Write7BitEncodedInt64(number);
        }
    }

    private static void Write(BinaryWriter writer, string? value)
    {
        writer.Write(value is not null);
        if (value is not null)
        {
            writer.Write(value);
        }
    }

    private static void Write(BinaryWriter writer, ProducerStamp? stamp)
    {
        writer.Write(stamp is not null);
        if (stamp is not null)
        {
            writer.Write(stamp.Id);
            writer.Write7BitEncodedInt64(stamp.Epoch);
            writer.Write7BitEncodedInt64(stamp.Sequence);
        }
    }

    private static void Write(BinaryWriter writer, ForkOrigin? origin)
    {
        writer.Write(origin is not null);
        if (origin is null)
        {
            return;
        }

        writer.Write(origin.Source.Value);
        writer.Write(origin.RequestedOffset is not null);
        if (origin.RequestedOffset is { } offset)
        {
            writer.Write7BitEncodedInt64(offset.Incarnation);
            writer.Write7BitEncodedInt64(offset.Sequence);
        }

        writer.Write(origin.FromStart);
        writer.Write7BitEncodedInt64(origin.SubOffset);
        writer.Write7BitEncodedInt64(origin.Incarnation);
        writer.Write7BitEncodedInt64(origin.Point);
        writer.Write(origin.HoldsSource);
    }

    private static void Write(BinaryWriter writer, IReadOnlyList<InheritedRange> ranges)
    {
        writer.Write7BitEncodedInt(ranges.Count);
        foreach (var range in ranges)
        {
            writer.Write(range.Stream.Value);
            writer.Write7BitEncodedInt64(range.From);
            writer.Write7BitEncodedInt64(range.To);
        }
    }

    private static void Write(BinaryWriter writer, IReadOnlyList<ForkHold> holds)
    {
        writer.Write7BitEncodedInt(holds.Count);
        foreach (var hold in holds)
        {
            writer.Write(hold.Fork.Value);
            writer.Write7BitEncodedInt64(hold.Incarnation);
            writer.Write7BitEncodedInt64(hold.From);
            writer.Write7BitEncodedInt64(hold.To);
            writer.Write(hold.Confirmed);
            writer.Write7BitEncodedInt64(hold.SinceMilliseconds);
        }
    }

    private static long? ReadNumber(BinaryReader reader) => reader.ReadBoolean() ? reader.Read7BitEncodedInt64() : null;

    private static ProducerStamp? ReadStamp(BinaryReader reader) => reader.ReadBoolean()
        ? new ProducerStamp(reader.ReadString(), reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64())
        : null;

    private static ForkOrigin? ReadOrigin(BinaryReader reader)
    {
        if (!reader.ReadBoolean())
        {
            return null;
        }

        var source = StreamName.Parse(reader.ReadString());
        StreamOffset? offset = reader.ReadBoolean()
            ? new StreamOffset(reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64())
            : null;
        return new ForkOrigin(
            source,
            offset,
            reader.ReadBoolean(),
            reader.Read7BitEncodedInt64(),
            reader.Read7BitEncodedInt64(),
            reader.Read7BitEncodedInt64(),
            reader.ReadBoolean());
    }

    private static List<T> ReadList<T>(BinaryReader reader, Func<BinaryReader, T> read)
    {
        var count = reader.Read7BitEncodedInt();
        List<T> list = [];
        for (var i = 0; i < count; i++)
        {
            list.Add(read(reader));
        }

        return list;
    }
}
