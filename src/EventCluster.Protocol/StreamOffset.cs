using System.Diagnostics.CodeAnalysis;

namespace EventCluster.Protocol;

/// <summary>
/// A position in a stream: the number of events before it, and the incarnation (history) that holds it. The text form is
/// 20 characters of base32hex in lower case, 7 for the incarnation and 13 for the sequence, so byte order equals logical
/// order. The offset of an event is the position after it.
/// </summary>
/// <param name="Incarnation">The history, 1 to <see cref="MaxIncarnation"/>; drawn from a counter of the whole store.</param>
/// <param name="Sequence">The number of events before this position.</param>
public readonly record struct StreamOffset(long Incarnation, long Sequence) : IComparable<StreamOffset>, ISpanFormattable
{
    /// <summary>Length of the text form.</summary>
    public const int TextLength = 20;

    /// <summary>Largest incarnation: 35 bits.</summary>
    public const long MaxIncarnation = (1L << (IncarnationDigits * BitsPerDigit)) - 1;

    /// <summary>Largest sequence.</summary>
    public const long MaxSequence = long.MaxValue;

    private const int IncarnationDigits = 7;
    private const int SequenceDigits = 13;
    private const int BitsPerDigit = 5;
    private const string Digits = "0123456789abcdefghijklmnopqrstuv";

    /// <summary>Parses the text form. Only the exact form is accepted: 20 characters of <c>0-9a-v</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out StreamOffset offset)
    {
        offset = default;
        if (text.Length != TextLength
            || !TryDigits(text[..IncarnationDigits], out var incarnation)
            || !TryDigits(text[IncarnationDigits..], out var sequence)
            || sequence > long.MaxValue
            || incarnation == 0)
        {
            return false;
        }

        offset = new StreamOffset((long)incarnation, (long)sequence);
        return true;
    }

    /// <summary>Parses the text form.</summary>
    /// <exception cref="FormatException">The text is not an offset.</exception>
    public static StreamOffset Parse(ReadOnlySpan<char> text) => TryParse(text, out var offset)
        ? offset
        : throw new FormatException($"'{text}' is not an offset; offsets have {TextLength} characters of 0-9a-v.");

    /// <inheritdoc />
    public int CompareTo(StreamOffset other)
    {
        var byIncarnation = Incarnation.CompareTo(other.Incarnation);
        return byIncarnation != 0 ? byIncarnation : Sequence.CompareTo(other.Sequence);
    }

    /// <summary>Writes the text form; needs <see cref="TextLength"/> characters.</summary>
    public bool TryFormat(
        Span<char> destination, out int charsWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null)
    {
        charsWritten = 0;
        if (destination.Length < TextLength)
        {
            return false;
        }

        PutDigits(destination[..IncarnationDigits], (ulong)Incarnation);
        PutDigits(destination.Slice(IncarnationDigits, SequenceDigits), (ulong)Sequence);
        charsWritten = TextLength;
        return true;
    }

    /// <summary>Writes the text form as ASCII bytes; needs <see cref="TextLength"/> bytes.</summary>
    public bool TryFormat(Span<byte> destination, out int bytesWritten)
    {
        bytesWritten = 0;
        if (destination.Length < TextLength)
        {
            return false;
        }

        Span<char> chars = stackalloc char[TextLength];
        TryFormat(chars, out _);
        for (var i = 0; i < TextLength; i++)
        {
            destination[i] = (byte)chars[i];
        }

        bytesWritten = TextLength;
        return true;
    }

    /// <inheritdoc />
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <summary>The 20-character text form.</summary>
    public override string ToString() => string.Create(TextLength, this, static (span, o) => o.TryFormat(span, out _));

    /// <summary>Logical order, equal to the byte order of the text form.</summary>
    public static bool operator <(StreamOffset left, StreamOffset right) => left.CompareTo(right) < 0;

    /// <summary>Logical order, equal to the byte order of the text form.</summary>
    public static bool operator <=(StreamOffset left, StreamOffset right) => left.CompareTo(right) <= 0;

    /// <summary>Logical order, equal to the byte order of the text form.</summary>
    public static bool operator >(StreamOffset left, StreamOffset right) => left.CompareTo(right) > 0;

    /// <summary>Logical order, equal to the byte order of the text form.</summary>
    public static bool operator >=(StreamOffset left, StreamOffset right) => left.CompareTo(right) >= 0;

    private static void PutDigits(Span<char> span, ulong value)
    {
        for (var i = span.Length - 1; i >= 0; i--)
        {
            span[i] = Digits[(int)(value & 31)];
            value >>= BitsPerDigit;
        }
    }

    private static bool TryDigits(ReadOnlySpan<char> text, [NotNullWhen(true)] out ulong value)
    {
        value = 0;
        foreach (var c in text)
        {
            int digit;
            if (c is >= '0' and <= '9')
            {
                digit = c - '0';
            }
            else if (c is >= 'a' and <= 'v')
            {
                digit = c - 'a' + 10;
            }
            else
            {
                return false;
            }

            if (value >> (64 - BitsPerDigit) != 0)
            {
                return false;
            }

            value = (value << BitsPerDigit) | (uint)digit;
        }

        return true;
    }
}
