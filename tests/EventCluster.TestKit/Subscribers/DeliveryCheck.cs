using System.Text;

namespace EventCluster.TestKit.Subscribers;

/// <summary>Compares what was seen with what was acknowledged.</summary>
public static class DeliveryCheck
{
    /// <summary>
    /// The first fault, in words; null when every event was seen once, in order, byte by byte. Where a transport runs events
    /// together, each run must be what lies between the positions before and after it.
    /// </summary>
    /// <param name="expected">Consecutive events.</param>
    /// <param name="seen">What a subscriber saw, on however many connections.</param>
    /// <param name="joinsLineEnds">CR and CRLF count as LF.</param>
    public static string? FirstFault(
        IReadOnlyList<PublishedEvent> expected, IEnumerable<Sighting.Event> seen, bool joinsLineEnds = false)
    {
        var next = 0;
        foreach (var run in seen)
        {
            var first = next;
            while (next < expected.Count && expected[next].Offset.Sequence <= run.Offset.Sequence)
            {
                next++;
            }

            if (next == first)
            {
                return $"{run.Offset} came again, or is none of {expected.Count} events.";
            }

            if (expected[next - 1].Offset != run.Offset)
            {
                return $"{run.Offset} instead of {expected[next - 1].Offset}.";
            }

            byte[] bytes = [.. expected.Take(first..next).SelectMany(e => e.Payload)];
            if (joinsLineEnds)
            {
                bytes = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace("\r\n", "\n").Replace('\r', '\n'));
            }

            if (!run.Payload.Span.SequenceEqual(bytes))
            {
                return $"Up to {run.Offset}: {run.Payload.Length} bytes that differ from the {bytes.Length} of {next - first} events.";
            }
        }

        return next == expected.Count ? null : $"{next} of {expected.Count} events.";
    }
}
