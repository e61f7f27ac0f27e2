using System.Text;
using EventCluster.Benchmarks.Http;

namespace EventCluster.Benchmarks.Clients;

/// <summary>
/// Finds events in a body by what they look like, whatever framing stands around them, so that one check serves all
/// transports and all servers. Events of one lane (one publisher's) must follow one another without a gap or a duplicate.
/// </summary>
/// <param name="first">Number of the first event due, in every lane.</param>
/// <param name="onEvent">Told the number of each event.</param>
public sealed class EventScan(int first = 0, Action<int>? onEvent = null)
{
    /// <summary>Numbers of one lane; a number's lane is what remains above.</summary>
    public const int LaneSize = 1_000_000;

    private static ReadOnlySpan<byte> Marker => "{\"n\":\""u8;

    private int[] _next = [];
    private long _count;

    /// <summary>Events seen, all in order.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Takes the whole events of a body; the rest has to be shown again with what follows.</summary>
    /// <returns>Bytes used.</returns>
    public int Feed(ReadOnlySpan<byte> body)
    {
        var at = 0;
        while (true)
        {
            var found = body[at..].IndexOf(Marker);
            if (found < 0)
            {
                return Math.Max(at, body.Length - Marker.Length + 1);
            }

            at += found;
            if (body.Length - at < Payloads.EventBytes)
            {
                return at;
            }

            Check(body.Slice(at, Payloads.EventBytes));
            at += Payloads.EventBytes;
        }
    }

    private void Check(ReadOnlySpan<byte> payload)
    {
        var number = Payloads.NumberOf(payload);
        var lane = number / LaneSize;
        if (lane >= _next.Length)
        {
            var known = _next.Length;
            Array.Resize(ref _next, lane + 1);
            for (var i = known; i <= lane; i++)
            {
                _next[i] = (i * LaneSize) + first;
            }
        }

        if (number != _next[lane] || !payload.EndsWith("\"}"u8))
        {
            throw new InvalidDataException($"Event {_next[lane]} was due, came: {Encoding.ASCII.GetString(payload)}");
        }

        _next[lane]++;
        Volatile.Write(ref _count, _count + 1);
        onEvent?.Invoke(number);
    }
}
