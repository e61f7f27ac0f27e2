using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace EventCluster.Protocol;

/// <summary>
/// An immutable encoded run of consecutive events of one incarnation. The same bytes stand on disk, in caches and
/// between silos; <c>EventBlockFormatTests</c> freezes them.
/// </summary>
/// <remarks>
/// Little-endian. Header of 40 bytes: magic <c>"EB"</c> (2), version <c>1</c> (1), flags <c>0</c> (1), event count (u32),
/// incarnation (u64), first sequence (u64), time of the first event in Unix milliseconds (i64), payload bytes (u32),
/// reserved <c>0</c> (u32). Then one index entry of 8 bytes per event: end of its payload counted from the first
/// payload byte (u32), milliseconds after the first event (u32). Then the payloads, end to end.
/// A block carries no checksum: whoever moves it over a medium (journal record, wire frame) protects it there.
/// A value over its bytes, so that the many small blocks of a stream in memory are no objects of their own. The default
/// value is no block.
/// </remarks>
public readonly struct EventBlock : IEquatable<EventBlock>
{
    /// <summary>Bytes before the index.</summary>
    public const int HeaderBytes = 40;

    /// <summary>Bytes of one index entry.</summary>
    public const int IndexEntryBytes = 8;

    private const ushort Magic = 0x4245;
    private const byte FormatVersion = 1;

    private EventBlock(ReadOnlyMemory<byte> encoded) => Encoded = encoded;

    /// <summary>The whole block as stored. Shared: never written to.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>The history that the events belong to.</summary>
    public long Incarnation => BinaryPrimitives.ReadInt64LittleEndian(Encoded.Span[8..]);

    /// <summary>Number of events of the stream before the first event of this block.</summary>
    public long FirstSequence => BinaryPrimitives.ReadInt64LittleEndian(Encoded.Span[16..]);

    /// <summary>Number of events; at least 1.</summary>
    public int Count => (int)BinaryPrimitives.ReadUInt32LittleEndian(Encoded.Span[4..]);

    /// <summary>Sequence after the last event.</summary>
    public long EndSequence => FirstSequence + Count;

    /// <summary>Sum of the payload lengths.</summary>
    public int PayloadBytes => (int)BinaryPrimitives.ReadUInt32LittleEndian(Encoded.Span[32..]);

    /// <summary>Time of the first event, Unix milliseconds.</summary>
    public long FirstTimeMilliseconds => BinaryPrimitives.ReadInt64LittleEndian(Encoded.Span[24..]);

    /// <summary>Time of the last event, Unix milliseconds.</summary>
    public long LastTimeMilliseconds => GetTimeMilliseconds(Count - 1);

    /// <summary>All payloads end to end.</summary>
    public ReadOnlyMemory<byte> Payloads => Encoded[PayloadStart..];

    private int PayloadStart => HeaderBytes + (Count * IndexEntryBytes);

    /// <summary>The payload of one event.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    public ReadOnlyMemory<byte> GetPayload(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        var start = index == 0 ? 0 : EndAt(index - 1);
        return Encoded.Slice(PayloadStart + start, EndAt(index) - start);
    }

    /// <summary>The commit time of one event, Unix milliseconds.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    public long GetTimeMilliseconds(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        var entry = Encoded.Span[(HeaderBytes + (index * IndexEntryBytes) + 4)..];
        return FirstTimeMilliseconds + BinaryPrimitives.ReadUInt32LittleEndian(entry);
    }

    /// <summary>One event.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    public EventRecord this[int index] =>
        new(new StreamOffset(Incarnation, FirstSequence + index + 1), GetTimeMilliseconds(index), GetPayload(index));

    /// <summary>Payload bytes of the events from <paramref name="start"/> up to, not including, <paramref name="end"/>.</summary>
    public int GetPayloadBytes(int start, int end) =>
        (end == 0 ? 0 : EndAt(end - 1)) - (start == 0 ? 0 : EndAt(start - 1));

    /// <summary>Encoded size of a block, in bytes.</summary>
    public static long EncodedBytes(int events, long payloadBytes) =>
        HeaderBytes + ((long)events * IndexEntryBytes) + payloadBytes;

    /// <summary>Encodes events of one commit into a new block; the payloads are copied.</summary>
    /// <param name="incarnation">The history, at least 1.</param>
    /// <param name="firstSequence">Sequence before the first event.</param>
    /// <param name="payloads">At least one payload.</param>
    /// <param name="timesMilliseconds">One time per payload, not falling; later ones within 49 days of the first.</param>
    /// <exception cref="ArgumentException">The block would be empty, above <see cref="ProtocolLimits.MaxBlockBytes"/>,
    /// or a time falls.</exception>
    public static EventBlock Encode(
        long incarnation,
        long firstSequence,
        ReadOnlySpan<ReadOnlyMemory<byte>> payloads,
        ReadOnlySpan<long> timesMilliseconds) =>
        Encode(
            incarnation, firstSequence, payloads, timesMilliseconds, static size => GC.AllocateUninitializedArray<byte>(size));

    /// <summary>As the other one, into memory of the caller's.</summary>
    /// <param name="incarnation">The history, at least 1.</param>
    /// <param name="firstSequence">Sequence before the first event.</param>
    /// <param name="payloads">At least one payload.</param>
    /// <param name="timesMilliseconds">One time per payload, not falling; later ones within 49 days of the first.</param>
    /// <param name="allocate">Gives that many bytes, which nobody writes to afterwards.</param>
    /// <exception cref="ArgumentException">The block would be empty, above <see cref="ProtocolLimits.MaxBlockBytes"/>,
    /// or a time falls.</exception>
    public static EventBlock Encode(
        long incarnation,
        long firstSequence,
        ReadOnlySpan<ReadOnlyMemory<byte>> payloads,
        ReadOnlySpan<long> timesMilliseconds,
        Func<int, Memory<byte>> allocate)
    {
        ArgumentNullException.ThrowIfNull(allocate);
        if (payloads.IsEmpty || payloads.Length != timesMilliseconds.Length)
        {
            throw new ArgumentException("A block needs at least one event and one time per event.", nameof(payloads));
        }

        long payloadBytes = 0;
        foreach (var payload in payloads)
        {
            payloadBytes += payload.Length;
        }

        var size = EncodedBytes(payloads.Length, payloadBytes);
        if (size > ProtocolLimits.MaxBlockBytes)
        {
            throw new ArgumentException(
                $"A block of {size} bytes is above the limit of {ProtocolLimits.MaxBlockBytes}.", nameof(payloads));
        }

        var bytes = allocate((int)size);
        WriteHeader(bytes.Span, payloads.Length, incarnation, firstSequence, timesMilliseconds[0], (uint)payloadBytes);
        WriteEvents(bytes.Span, payloads, timesMilliseconds);
        return new EventBlock(bytes);
    }

    /// <summary>Reads a block in place. The bytes are checked completely, so a decoded block never throws later.</summary>
    /// <param name="encoded">Exactly one block; kept, so the caller must not reuse the buffer.</param>
    /// <param name="block">The block when the answer is true.</param>
    /// <param name="error">What is wrong, when the answer is false.</param>
    public static bool TryDecode(
        ReadOnlyMemory<byte> encoded, out EventBlock block, [NotNullWhen(false)] out string? error)
    {
        error = Check(encoded.Span);
        block = error is null ? new EventBlock(encoded) : default;
        return error is null;
    }

    /// <summary>The very same bytes in memory, not only equal ones.</summary>
    public static bool operator ==(EventBlock left, EventBlock right) => left.Equals(right);

    /// <summary>Not the very same bytes in memory.</summary>
    public static bool operator !=(EventBlock left, EventBlock right) => !left.Equals(right);

    /// <summary>The very same bytes in memory, not only equal ones.</summary>
    public bool Equals(EventBlock other) => Encoded.Equals(other.Encoded);

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is EventBlock other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => Encoded.GetHashCode();

    private static void WriteHeader(
        Span<byte> bytes, int count, long incarnation, long firstSequence, long firstTime, uint payloadBytes)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, Magic);
        bytes[2] = FormatVersion;
        bytes[3] = 0;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], (uint)count);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], incarnation);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], firstSequence);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], firstTime);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[32..], payloadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[36..], 0);
    }

    private static void WriteEvents(
        Span<byte> bytes, ReadOnlySpan<ReadOnlyMemory<byte>> payloads, ReadOnlySpan<long> timesMilliseconds)
    {
        var index = bytes[HeaderBytes..];
        var body = bytes[(HeaderBytes + (payloads.Length * IndexEntryBytes))..];
        var (end, previous) = (0, timesMilliseconds[0]);
        for (var i = 0; i < payloads.Length; i++)
        {
            var delta = timesMilliseconds[i] - timesMilliseconds[0];
            if (timesMilliseconds[i] < previous || delta > uint.MaxValue)
            {
                throw new ArgumentException("Event times in a block may not fall or span over 49 days.", nameof(timesMilliseconds));
            }

            previous = timesMilliseconds[i];
            payloads[i].Span.CopyTo(body[end..]);
            end += payloads[i].Length;
            BinaryPrimitives.WriteUInt32LittleEndian(index[(i * IndexEntryBytes)..], (uint)end);
            BinaryPrimitives.WriteUInt32LittleEndian(index[((i * IndexEntryBytes) + 4)..], (uint)delta);
        }
    }

    private static string? Check(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderBytes || bytes.Length > ProtocolLimits.MaxBlockBytes)
        {
            return $"A block has {bytes.Length} bytes; {HeaderBytes} to {ProtocolLimits.MaxBlockBytes} are possible.";
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes) != Magic || bytes[2] != FormatVersion || bytes[3] != 0)
        {
            return $"A block does not start with \"EB\", version {FormatVersion}, flags 0.";
        }

        var count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        var incarnation = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]);
        var first = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]);
        var payloadBytes = BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]);
        if (count == 0 || EncodedBytes(0, payloadBytes) + ((long)count * IndexEntryBytes) != bytes.Length)
        {
            return $"A block of {bytes.Length} bytes claims {count} events with {payloadBytes} payload bytes.";
        }

        if (incarnation is < 1 or > StreamOffset.MaxIncarnation || first < 0 || first > long.MaxValue - count
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[36..]) != 0)
        {
            return "A block's incarnation, first sequence or reserved field is out of range.";
        }

        return CheckIndex(bytes.Slice(HeaderBytes, (int)count * IndexEntryBytes), payloadBytes);
    }

    private static string? CheckIndex(ReadOnlySpan<byte> index, uint payloadBytes)
    {
        uint end = 0, delta = 0;
        for (var i = 0; i < index.Length; i += IndexEntryBytes)
        {
            var (nextEnd, nextDelta) = (
                BinaryPrimitives.ReadUInt32LittleEndian(index[i..]),
                BinaryPrimitives.ReadUInt32LittleEndian(index[(i + 4)..]));
            if (nextEnd < end || nextEnd > payloadBytes || nextDelta < delta || (i == 0 && nextDelta != 0))
            {
                return $"A block's index entry {i / IndexEntryBytes} is out of order.";
            }

            (end, delta) = (nextEnd, nextDelta);
        }

        return end == payloadBytes ? null : "A block's index does not end at its last payload byte.";
    }

    private int EndAt(int index) =>
        (int)BinaryPrimitives.ReadUInt32LittleEndian(Encoded.Span[(HeaderBytes + (index * IndexEntryBytes))..]);
}
