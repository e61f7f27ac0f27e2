using System.Text;

namespace EventCluster.Benchmarks.Http;

/// <summary>Events of one size whose place in the stream can be read off them.</summary>
public static class Payloads
{
    /// <summary>Bytes of one event.</summary>
    public const int EventBytes = 200;

    /// <summary>Where an event's number stands in it.</summary>
    public const int NumberStart = 6;

    /// <summary>Digits of an event's number.</summary>
    public const int NumberDigits = 8;

    /// <summary>The event with a number.</summary>
    public static byte[] Event(int number)
    {
        var head = $"{{\"n\":\"{number:D8}\",\"p\":\"";
        return Encoding.ASCII.GetBytes(head + new string('x', EventBytes - head.Length - 2) + "\"}");
    }

    /// <summary>A JSON array of consecutive events.</summary>
    public static byte[] Array(int first, int count)
    {
        var body = new MemoryStream();
        for (var i = 0; i < count; i++)
        {
            body.WriteByte(i == 0 ? (byte)'[' : (byte)',');
            body.Write(Event(first + i));
        }

        body.WriteByte((byte)']');
        return body.ToArray();
    }

    /// <summary>Gives an event another number.</summary>
    public static void SetNumber(Span<byte> payload, int number)
    {
        for (var i = NumberStart + NumberDigits - 1; i >= NumberStart; i--)
        {
            payload[i] = (byte)('0' + (number % 10));
            number /= 10;
        }
    }

    /// <summary>The number of an event.</summary>
    public static int NumberOf(ReadOnlySpan<byte> payload)
    {
        var number = 0;
        foreach (var digit in payload.Slice(NumberStart, NumberDigits))
        {
            number = (number * 10) + digit - '0';
        }

        return number;
    }
}
