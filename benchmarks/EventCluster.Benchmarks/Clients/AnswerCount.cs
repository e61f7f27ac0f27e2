using System.Text;
using EventCluster.Benchmarks.Http;

namespace EventCluster.Benchmarks.Clients;

/// <summary>Counts the answers to pipelined appends, each of which must be a success.</summary>
public sealed class AnswerCount
{
    private readonly byte[] _bytes = new byte[32 * 1024];
    private int _filled;

    /// <summary>Where received bytes go.</summary>
    public Memory<byte> Room => _bytes.AsMemory(_filled);

    /// <summary>Takes received bytes; returns the answers that are whole with them.</summary>
    public int Take(int received)
    {
        _filled += received;
        var (count, at) = (0, 0);
        while (_bytes.AsSpan(at, _filled - at).IndexOf("\r\n\r\n"u8) is var end && end >= 0)
        {
            var head = _bytes.AsSpan(at, end + 4);
            if (!head.StartsWith("HTTP/1.1 20"u8))
            {
                throw new InvalidDataException($"Not an acknowledgement: {Encoding.ASCII.GetString(head)}");
            }

            var length = head.Length + Math.Max(0, HttpAnswer.ContentLength(head));
            if (length > _filled - at)
            {
                break;
            }

            at += length;
            count++;
        }

        _filled -= at;
        _bytes.AsSpan(at, _filled).CopyTo(_bytes);
        return count;
    }
}
