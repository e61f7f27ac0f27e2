using EventCluster.Protocol;

namespace EventCluster.Edge.Http;

/// <summary>
/// Entity tags of reads: incarnation, start, end, and what lies there: more events, the tail, or the end of a closed stream.
/// A position names its whole history, so equal tags mean equal bytes; that the answer reached the tail is part of it because
/// a cache keeps <c>Stream-Up-To-Date</c> with the bytes and a 304 cannot take it back.
/// </summary>
internal static class EntityTag
{
    public static string Of(StreamOffset from, StreamOffset next, bool upToDate, bool closed, bool envelope = false) =>
        $"\"{next.Incarnation:x}:{from.Sequence}:{next.Sequence}:{(closed ? 'c' : upToDate ? 't' : 'o')}{(envelope ? "e" : "")}\"";

    /// <summary>Whether an <c>If-None-Match</c> value holds the tag (weak comparison, RFC 9110 13.1.2).</summary>
    public static bool Matches(string? ifNoneMatch, string tag)
    {
        if (string.IsNullOrEmpty(ifNoneMatch))
        {
            return false;
        }

        foreach (var range in ifNoneMatch.AsSpan().Split(','))
        {
            var candidate = ifNoneMatch.AsSpan()[range].Trim();
            if (candidate.StartsWith("W/", StringComparison.Ordinal))
            {
                candidate = candidate[2..];
            }

            if (candidate is "*" || candidate.SequenceEqual(tag))
            {
                return true;
            }
        }

        return false;
    }
}
