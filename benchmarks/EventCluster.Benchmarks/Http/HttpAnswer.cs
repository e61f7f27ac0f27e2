using System.Buffers.Text;
using System.Text;
using EventCluster.Protocol;

namespace EventCluster.Benchmarks.Http;

/// <summary>Just enough HTTP/1.1 to check answers quickly.</summary>
public static class HttpAnswer
{
    private static ReadOnlySpan<byte> NextOffset => "Stream-Next-Offset: "u8;

    /// <summary>The sequence of <c>Stream-Next-Offset</c> in a 204 without a body.</summary>
    public static long AppendedSequence(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("HTTP/1.1 204 "u8) || !TryGetHeader(head, NextOffset, out var value))
        {
            throw new InvalidDataException($"Not an acknowledgement: {Encoding.ASCII.GetString(head)}");
        }

        return SequenceOf(value);
    }

    /// <summary>The sequence of an offset's text.</summary>
    public static long SequenceOf(ReadOnlySpan<byte> text)
    {
        if (text.Length != StreamOffset.TextLength)
        {
            throw new InvalidDataException($"Not an offset: {Encoding.ASCII.GetString(text)}");
        }

        var sequence = 0L;
        foreach (var digit in text[7..])
        {
            sequence = (sequence << 5) | (uint)(digit <= (byte)'9' ? digit - '0' : digit - 'a' + 10);
        }

        return sequence;
    }

    /// <summary>A header's value.</summary>
    /// <param name="head">Status line and headers.</param>
    /// <param name="name">The name with colon and space.</param>
    /// <param name="value">The text up to the end of the line.</param>
    public static bool TryGetHeader(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        while (head.IndexOf("\r\n"u8) is var end && end >= 0)
        {
            var line = head[..end];
            if (line.Length >= name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name))
            {
                value = line[name.Length..];
                return true;
            }

            head = head[(end + 2)..];
        }

        value = default;
        return false;
    }

    /// <summary>The value of <c>Content-Length</c>, or -1.</summary>
    public static int ContentLength(ReadOnlySpan<byte> head) =>
        TryGetHeader(head, "Content-Length: "u8, out var value) && Utf8Parser.TryParse(value, out int length, out _) ? length : -1;

    /// <summary>The value of <c>Stream-Next-Offset</c>.</summary>
    public static string Next(ReadOnlySpan<byte> head) => TryGetHeader(head, NextOffset, out var value)
        ? Encoding.ASCII.GetString(value)
        : throw new InvalidDataException($"No Stream-Next-Offset: {Encoding.ASCII.GetString(head)}");
}
