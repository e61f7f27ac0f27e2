using System.Text;
using EventCluster.Protocol;

namespace EventCluster.TestKit;

/// <summary>Short spellings for events, blocks and names in tests.</summary>
public static class TestData
{
    /// <summary>A time that all test blocks use unless told otherwise, Unix milliseconds.</summary>
    public const long BaseTime = 1_767_268_800_000;

    /// <summary>A name.</summary>
    public static StreamName Name(string text) => StreamName.Parse(text);

    /// <summary>One payload of UTF-8 text.</summary>
    public static ReadOnlyMemory<byte> Payload(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Payloads of UTF-8 text.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Payloads(params ReadOnlySpan<string> texts)
    {
        var payloads = new ReadOnlyMemory<byte>[texts.Length];
        for (var i = 0; i < texts.Length; i++)
        {
            payloads[i] = Payload(texts[i]);
        }

        return payloads;
    }

    /// <summary>Seeded bytes.</summary>
    public static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>The text of a payload.</summary>
    public static string Text(ReadOnlyMemory<byte> payload) => Encoding.UTF8.GetString(payload.Span);

    /// <summary>The texts of a block's events.</summary>
    public static IEnumerable<string> Texts(EventBlock block)
    {
        for (var i = 0; i < block.Count; i++)
        {
            yield return Text(block.GetPayload(i));
        }
    }

    /// <summary>A block of texts, all at <see cref="BaseTime"/>.</summary>
    public static EventBlock Block(long incarnation, long firstSequence, params ReadOnlySpan<string> texts)
    {
        var times = new long[texts.Length];
        Array.Fill(times, BaseTime);
        return EventBlock.Encode(incarnation, firstSequence, [.. Payloads(texts)], times);
    }
}
