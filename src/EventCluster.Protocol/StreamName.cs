using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace EventCluster.Protocol;

/// <summary>
/// The name of a stream: 1–512 bytes of UTF-8 in segments split by <c>/</c>. No segment is empty, <c>.</c>, <c>..</c> or
/// starts with <c>__</c>; no control character and no <c>\</c> occurs. Names are compared and listed byte by byte and
/// never trimmed, folded or normalised.
/// </summary>
public readonly struct StreamName : IEquatable<StreamName>, IComparable<StreamName>
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string? _value;

    private StreamName(string value) => _value = value;

    /// <summary>The name as text. Throws for <c>default(StreamName)</c>, which names nothing.</summary>
    public string Value => _value ?? throw new InvalidOperationException("default(StreamName) names no stream.");

    /// <summary>Parses a name that is already percent-decoded.</summary>
    /// <exception cref="FormatException">The text breaks a rule; the message says which.</exception>
    public static StreamName Parse(string text) =>
        TryParse(text, out var name, out var error) ? name : throw new FormatException(error);

    /// <summary>Parses a name that is already percent-decoded.</summary>
    /// <param name="text">The name.</param>
    /// <param name="name">The name when the answer is true.</param>
    /// <param name="error">What was wrong and what is allowed, when the answer is false.</param>
    public static bool TryParse(string? text, out StreamName name, [NotNullWhen(false)] out string? error)
    {
        name = default;
        error = Check(text);
        if (error is null)
        {
            name = new StreamName(text!);
        }

        return error is null;
    }

    /// <summary>
    /// Parses the raw (still percent-encoded) path of a URL behind <c>/v1/stream/</c>. It is decoded exactly once, and
    /// <c>%2F</c> splits segments like <c>/</c>.
    /// </summary>
    public static bool TryParseUrlPath(ReadOnlySpan<char> rawPath, out StreamName name, [NotNullWhen(false)] out string? error)
    {
        name = default;
        if (!TryPercentDecode(rawPath, out var text, out error))
        {
            return false;
        }

        return TryParse(text, out name, out error);
    }

    /// <summary>The name percent-encoded for a URL path; segments stay split by <c>/</c>.</summary>
    public string ToUrlPath() => Uri.EscapeDataString(Value).Replace("%2F", "/", StringComparison.Ordinal);

    /// <inheritdoc />
    public bool Equals(StreamName other) => string.Equals(_value, other._value, StringComparison.Ordinal);

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is StreamName other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => _value is null ? 0 : string.GetHashCode(_value, StringComparison.Ordinal);

    /// <summary>Byte order of the UTF-8 form, which is code point order and differs from UTF-16 order above U+FFFF.</summary>
    public int CompareTo(StreamName other) => CompareUtf8(_value ?? "", other._value ?? "");

    /// <summary>Compares two texts in the byte order of their UTF-8 forms.</summary>
    public static int CompareUtf8(string left, string right)
    {
        var shared = Math.Min(left.Length, right.Length);
        for (var i = 0; i < shared; i++)
        {
            var (a, b) = (left[i], right[i]);
            if (a != b)
            {
                // A surrogate stands for a code point above U+FFFF, so it sorts after every other char.
                var (aHigh, bHigh) = (char.IsSurrogate(a), char.IsSurrogate(b));
                return aHigh == bHigh ? a.CompareTo(b) : aHigh ? 1 : -1;
            }
        }

        return left.Length.CompareTo(right.Length);
    }

    /// <inheritdoc />
    public override string ToString() => _value ?? "";

    /// <summary>Equality by bytes.</summary>
    public static bool operator ==(StreamName left, StreamName right) => left.Equals(right);

    /// <summary>Inequality by bytes.</summary>
    public static bool operator !=(StreamName left, StreamName right) => !left.Equals(right);

    /// <summary>Byte order.</summary>
    public static bool operator <(StreamName left, StreamName right) => left.CompareTo(right) < 0;

    /// <summary>Byte order.</summary>
    public static bool operator <=(StreamName left, StreamName right) => left.CompareTo(right) <= 0;

    /// <summary>Byte order.</summary>
    public static bool operator >(StreamName left, StreamName right) => left.CompareTo(right) > 0;

    /// <summary>Byte order.</summary>
    public static bool operator >=(StreamName left, StreamName right) => left.CompareTo(right) >= 0;

    private static string? Check(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "A stream name is empty; it needs 1 to 512 bytes of UTF-8.";
        }

        int bytes;
        try
        {
            bytes = StrictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            return "A stream name holds a lone surrogate; it must be valid Unicode.";
        }

        if (bytes > ProtocolLimits.MaxStreamNameBytes)
        {
            return $"A stream name has {bytes} bytes of UTF-8; at most {ProtocolLimits.MaxStreamNameBytes} are allowed.";
        }

        foreach (var c in text)
        {
            if (char.IsControl(c) || c == '\\')
            {
                return $"A stream name holds U+{(int)c:X4}; control characters and '\\' are not allowed.";
            }
        }

        return CheckSegments(text);
    }

    private static string? CheckSegments(string text)
    {
        foreach (var range in text.AsSpan().Split('/'))
        {
            var segment = text.AsSpan()[range];
            if (segment.IsEmpty)
            {
                return "A stream name has an empty segment; write segments split by single '/' with none at the ends.";
            }

            if (segment is "." or "..")
            {
                return "A stream name has the segment '.' or '..'; relative segments are not allowed.";
            }

            if (segment.StartsWith("__", StringComparison.Ordinal))
            {
                return "A stream name has a segment that starts with '__'; those are reserved.";
            }
        }

        return null;
    }

    private static bool TryPercentDecode(ReadOnlySpan<char> raw, out string text, [NotNullWhen(false)] out string? error)
    {
        text = "";
        error = null;
        if (raw.Length > ProtocolLimits.MaxStreamNameBytes * 3)
        {
            error = $"A stream name is longer than {ProtocolLimits.MaxStreamNameBytes} bytes.";
            return false;
        }

        Span<byte> bytes = stackalloc byte[ProtocolLimits.MaxStreamNameBytes * 9];
        try
        {
            text = TryUnescape(raw, bytes, out var length) ? StrictUtf8.GetString(bytes[..length]) : "";
            error = text.Length > 0 || raw.IsEmpty
                ? null
                : "A stream name has a '%' that is not followed by two hexadecimal digits.";
        }
        catch (ArgumentException)
        {
            error = "A stream name is not valid UTF-8 after percent-decoding.";
        }

        return error is null;
    }

    private static bool TryUnescape(ReadOnlySpan<char> raw, Span<byte> bytes, out int length)
    {
        length = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '%')
            {
                var take = char.IsHighSurrogate(raw[i]) && i + 1 < raw.Length ? 2 : 1;
                length += StrictUtf8.GetBytes(raw.Slice(i, take), bytes[length..]);
                i += take - 1;
                continue;
            }

            if (i + 2 >= raw.Length || !char.IsAsciiHexDigit(raw[i + 1]) || !char.IsAsciiHexDigit(raw[i + 2]))
            {
                return false;
            }

            bytes[length++] = (byte)((HexValue(raw[i + 1]) << 4) | HexValue(raw[i + 2]));
            i += 2;
        }

        return true;
    }

    private static int HexValue(char c) => c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}
