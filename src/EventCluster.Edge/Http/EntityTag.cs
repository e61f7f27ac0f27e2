using EventCluster.Protocol;

namespace EventCluster.Edge.Http;

/// <summary>
/// Entity tags of reads: incarnation, start, end, and whether the stream is closed at that end. A position names its
/// whole history, so equal tags mean equal bytes.
/// </summary>
internal static class EntityTag
{
    public static string Of(StreamOffset from, StreamOffset next, bool closed) =>
        $"\"{next.Incarnation:x}:{from.Sequence}:{next.Sequence}:{(closed ? 'c' : 'o')}\"";

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
