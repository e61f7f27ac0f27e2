using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using EventCluster.Delivery.Reading;
using EventCluster.Protocol;

namespace EventCluster.Edge.Sessions;

/// <summary>
/// The position of a connection with several streams, as one SSE <c>id</c>; nothing of it is kept on the server.
/// <c>CompositeCursorTests</c> freezes the bytes.
/// </summary>
/// <remarks>
/// base64url without padding of: version <c>1</c> (1 byte); the first 8 bytes of SHA-256 over the names in their order, each
/// followed by a line feed; then per stream in that order its incarnation and its sequence as varints (7 bits per byte, low
/// first). 64 streams need at most 1,208 characters.
/// </remarks>
internal static class CompositeCursor
{
    private const byte Version = 1;
    private const int HashBytes = 8;
    private const int HeaderBytes = 1 + HashBytes;
    private const int MaxPositionBytes = 5 + 9;
    private const int MaxBytes = HeaderBytes + (EdgeLimits.MaxStreamsPerSession * MaxPositionBytes);

    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>
    /// In place of a position that the client brought and that is none. A cursor with it is refused in its turn, so that a
    /// connection that ends before its gap was told is told of it by the next one.
    /// </summary>
    public static readonly StreamOffset Nowhere = new(Incarnation: 0, Sequence: 1);

    /// <summary>Longest text of a cursor.</summary>
    public static int MaxTextLength { get; } = Base64Url.GetEncodedLength(MaxBytes);

    /// <summary>The part of a cursor that says which list of streams it belongs to.</summary>
    public static byte[] HashOf(IReadOnlyList<StreamName> streams)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var stream in streams)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(stream.Value));
            hash.AppendData("\n"u8);
        }

        return hash.GetHashAndReset()[..HashBytes];
    }

    /// <summary>Writes a cursor as ASCII; needs <see cref="MaxTextLength"/>.</summary>
    /// <returns>Bytes written.</returns>
    public static int Format(Span<byte> destination, ReadOnlySpan<byte> hash, ReadOnlySpan<StreamOffset> positions)
    {
        Span<byte> bytes = stackalloc byte[MaxBytes];
        bytes[0] = Version;
        hash.CopyTo(bytes[1..]);
        var end = HeaderBytes;
        foreach (var position in positions)
        {
            end += WriteVarint(bytes[end..], position.Incarnation);
            end += WriteVarint(bytes[end..], position.Sequence);
        }

        return Base64Url.EncodeToUtf8(bytes[..end], destination);
    }

    /// <summary>Writes the cursor of subscriptions as they stand, as ASCII; needs <see cref="MaxTextLength"/>.</summary>
    /// <returns>Bytes written.</returns>
    public static int Format(Span<byte> destination, ReadOnlySpan<byte> hash, IReadOnlyList<Subscription> subscriptions)
    {
        Span<StreamOffset> positions = stackalloc StreamOffset[EdgeLimits.MaxStreamsPerSession];
        for (var i = 0; i < subscriptions.Count; i++)
        {
            positions[i] = subscriptions[i].Position;
        }

        return Format(destination, hash, positions[..subscriptions.Count]);
    }

    /// <summary>The cursor of subscriptions as they stand, as text.</summary>
    public static string ToText(ReadOnlySpan<byte> hash, IReadOnlyList<Subscription> subscriptions)
    {
        Span<byte> text = stackalloc byte[MaxTextLength];
        return Encoding.ASCII.GetString(text[..Format(text, hash, subscriptions)]);
    }

    /// <summary>Reads a cursor of this list of streams.</summary>
    public static bool TryParse(
        string text,
        IReadOnlyList<StreamName> streams,
        [NotNullWhen(true)] out StreamOffset[]? positions,
        [NotNullWhen(false)] out string? error)
    {
        positions = null;
        error = "The cursor is not one that this server writes; use the last id as it came.";
        Span<byte> buffer = stackalloc byte[MaxBytes];
        if (text.Length > MaxTextLength || text.AsSpan().ContainsAnyExcept(Alphabet) || !Base64Url.IsValid(text)
            || !Base64Url.TryDecodeFromChars(text, buffer, out var length) || length < HeaderBytes || buffer[0] != Version)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = buffer[HeaderBytes..length];
        if (!buffer[1..HeaderBytes].SequenceEqual(HashOf(streams)))
        {
            error = "The cursor belongs to another list of streams; name the same streams in the same order.";
            return false;
        }

        var result = new StreamOffset[streams.Count];
        for (var i = 0; i < result.Length; i++)
        {
            if (!TryReadVarint(ref rest, StreamOffset.MaxIncarnation, out var incarnation)
                || !TryReadVarint(ref rest, StreamOffset.MaxSequence, out var sequence)
                || (incarnation == 0 && sequence != 0))
            {
                return false;
            }

            result[i] = new StreamOffset(incarnation, sequence);
        }

        if (!rest.IsEmpty)
        {
            return false;
        }

        positions = result;
        error = null;
        return true;
    }

    /// <summary>Where a stream goes on; one that did not exist yet begins at its first event.</summary>
    public static ReadStart StartOf(StreamOffset position) =>
        position == default ? default : new ReadStart(StartKind.Position, position);

    private static int WriteVarint(Span<byte> destination, long value)
    {
        var (written, rest) = (0, (ulong)value);
        while (rest >= 0x80)
        {
            destination[written++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        destination[written++] = (byte)rest;
        return written;
    }

    private static bool TryReadVarint(ref ReadOnlySpan<byte> bytes, long max, out long value)
    {
        ulong result = 0;
        for (var i = 0; i < bytes.Length && i < 9; i++)
        {
            result |= (ulong)(bytes[i] & 0x7f) << (7 * i);
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                value = (long)result;
                return result <= (ulong)max;
            }
        }

        value = 0;
        return false;
    }
}
