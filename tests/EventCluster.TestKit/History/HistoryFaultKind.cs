namespace EventCluster.TestKit.History;

/// <summary>The ways to break a promise.</summary>
public enum HistoryFaultKind
{
    /// <summary>An acknowledged event is not in the final view.</summary>
    Lost,

    /// <summary>An event stands in its stream twice.</summary>
    Duplicated,

    /// <summary>Appends of one producer, or two of which one was acknowledged before the other was sent, are out of order.</summary>
    Reordered,

    /// <summary>A reader's positions do not follow one another.</summary>
    ReaderSkipped,

    /// <summary>A reader was given a position it already had.</summary>
    ReaderRepeated,

    /// <summary>Two readers saw different events, or different offsets, at one position.</summary>
    Diverged,

    /// <summary>An acknowledgement named another position than readers saw.</summary>
    AckMisplaced,

    /// <summary>An append is there in part, or not in one run.</summary>
    Torn,

    /// <summary>An event that nobody sent, or whose append was refused for good.</summary>
    Invented,

    /// <summary>A reader saw an event that the final view does not hold.</summary>
    Vanished,

    /// <summary>The final view starts later than any trim allows.</summary>
    HeadMoved,

    /// <summary>Appends were acknowledged, but nobody read to the end: nothing is proven.</summary>
    Unverified,
}
