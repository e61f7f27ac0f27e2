using System.Globalization;
using System.Text;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;

namespace EventCluster.Storage.LocalDisk.Tests;

/// <summary>States of test streams that say what is inherited, and the places that readers of such a stream ask for.</summary>
internal static class ForkPlaces
{
    private const string Prefix = "inherits";

    /// <summary>The state of a fork; each range names its ancestor, its first sequence and the one after its last.</summary>
    public static ReadOnlyMemory<byte> State(params (string Ancestor, long From, long To)[] inherited) => Encoding.UTF8.GetBytes(
        Prefix + string.Concat(inherited.Select(range => FormattableString.Invariant($" {range.Ancestor} {range.From} {range.To}"))));

    /// <summary>From the earliest position to the tail, each with one storing stream and one history.</summary>
    public static IReadOnlyList<BlockRange> Of(StoredHead head)
    {
        var inherited = Inherited(head);
        var places = new List<BlockRange>();
        for (var next = head.Head.Earliest; next < head.Head.Tail;)
        {
            var (stream, to) = inherited.Append((Stream: head.Name, To: head.Head.Tail)).First(range => next < range.To);
            to = Math.Min(to, Math.Min(head.Head.Tail, head.Incarnations.EndOfHolder(next) ?? long.MaxValue));
            places.Add(new BlockRange(stream, head.Incarnations.HolderOf(next), next, to));
            next = to;
        }

        return places;
    }

    private static (StreamName Stream, long To)[] Inherited(StoredHead head)
    {
        var words = Encoding.UTF8.GetString(head.State.Span).Split(' ');
        return words[0] != Prefix
            ? []
            : [.. words.Skip(1).Chunk(3).Select(range => (StreamName.Parse(range[0]), long.Parse(range[2], CultureInfo.InvariantCulture)))];
    }
}
