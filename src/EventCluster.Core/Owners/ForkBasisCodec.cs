using System.Buffers.Binary;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Core.Decisions;
using EventCluster.Core.State;

namespace EventCluster.Core.Owners;

/// <summary>
/// Bytes of a <see cref="ForkBasis"/> between two owners: a version, earliest sequence, time of the last event, the
/// histories, and the rest as the <see cref="StreamState"/> that the fork would start with. Numbers are little-endian.
/// A partial event is not part of it: the fork's owner reads that itself.
/// </summary>
internal static class ForkBasisCodec
{
    private const byte FormatVersion = 1;
    private const int HeaderBytes = 1 + 8 + 8 + 4;

    /// <summary>Encodes a basis.</summary>
    public static ReadOnlyMemory<byte> Encode(ForkBasis basis)
    {
        var state = StreamStateCodec.Encode(new StreamState
        {
            ContentType = basis.ContentType,
            TtlSeconds = basis.TtlSeconds,
            ExpiresAt = basis.ExpiresAt,
            Origin = basis.Origin,
            Inherited = basis.Inherited,
            Trimmed = basis.Trimmed,
            Lost = basis.Lost,
            ForkDepth = basis.Depth,
        });
        var bytes = new byte[HeaderBytes + (basis.Incarnations.Count * 16) + state.Length];
        bytes[0] = FormatVersion;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), basis.Earliest);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(9), basis.LastEventMilliseconds);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(17), basis.Incarnations.Count);
        var at = HeaderBytes;
        foreach (var start in basis.Incarnations)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at), start.Incarnation);
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at + 8), start.FirstSequence);
            at += 16;
        }

        state.CopyTo(bytes.AsMemory(at));
        return bytes;
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="LogDamagedException">The bytes are not a basis of a version that this build knows.</exception>
    public static ForkBasis Decode(ReadOnlyMemory<byte> encoded)
    {
        var bytes = encoded.Span;
        if (bytes.Length < HeaderBytes || bytes[0] != FormatVersion)
        {
            throw new LogDamagedException($"The basis of a fork is not in format version {FormatVersion}, which this build reads.");
        }

        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes[17..]);
        if (count < 1 || count > (bytes.Length - HeaderBytes) / 16)
        {
            throw new LogDamagedException($"The basis of a fork claims {count} histories in {bytes.Length} bytes.");
        }

        var starts = new IncarnationStart[count];
        for (var i = 0; i < count; i++)
        {
            var entry = bytes[(HeaderBytes + (i * 16))..];
            starts[i] = new IncarnationStart(
                BinaryPrimitives.ReadInt64LittleEndian(entry), BinaryPrimitives.ReadInt64LittleEndian(entry[8..]));
        }

        return FromState(
            StreamStateCodec.Decode(encoded[(HeaderBytes + (count * 16))..]),
            new IncarnationList(starts),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[1..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[9..]));
    }

    private static ForkBasis FromState(
        StreamState state, IncarnationList incarnations, long earliest, long lastEventMilliseconds) => new()
        {
            Origin = state.Origin ?? throw new LogDamagedException("The basis of a fork names no origin."),
            Earliest = earliest,
            Incarnations = incarnations,
            Inherited = state.Inherited,
            ContentType = state.ContentType,
            TtlSeconds = state.TtlSeconds,
            ExpiresAt = state.ExpiresAt,
            LastEventMilliseconds = lastEventMilliseconds,
            Trimmed = state.Trimmed,
            Lost = state.Lost,
            Depth = state.ForkDepth,
        };
}
