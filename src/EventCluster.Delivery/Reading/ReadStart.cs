using EventCluster.Protocol;

namespace EventCluster.Delivery.Reading;

/// <summary>Where a read begins, before it is resolved to a position.</summary>
internal enum StartKind
{
    /// <summary>The earliest retained position: no offset, or <c>-1</c>. Never a gap.</summary>
    Earliest = 0,

    /// <summary>The tail at the time of the request.</summary>
    Now = 1,

    /// <summary>At most N events before the tail.</summary>
    Last = 2,

    /// <summary>A position that some answer named.</summary>
    Position = 3,

    /// <summary>
    /// A <c>Last-Event-ID</c> that no event of this stream carries: a gap with the reason <c>unknown</c>, wherever the
    /// stream stands. Only an EventSource gets it, because a status would end it permanently.
    /// </summary>
    Foreign = 4,
}

/// <summary>Where a read begins.</summary>
/// <param name="Kind">Which of the fields counts.</param>
/// <param name="Position">For <see cref="StartKind.Position"/>.</param>
/// <param name="Last">For <see cref="StartKind.Last"/>.</param>
internal readonly record struct ReadStart(StartKind Kind, StreamOffset Position = default, int Last = 0)
{
    public const string OffsetRule =
        "offset must be -1 (the beginning), now (the tail), or 20 characters of 0-9a-v as answers name them, "
        + "for example 00000010000000000000.";

    /// <summary>The same start in a stream that is created later: everything in it comes after now.</summary>
    public ReadStart OfMissing() => Kind == StartKind.Position ? this : default;

    public static bool TryParseOffset(ReadOnlySpan<char> text, out ReadStart start)
    {
        start = default;
        if (text is "-1")
        {
            return true;
        }

        if (text is "now")
        {
            start = new ReadStart(StartKind.Now);
            return true;
        }

        if (!StreamOffset.TryParse(text, out var position))
        {
            return false;
        }

        start = new ReadStart(StartKind.Position, position);
        return true;
    }
}
