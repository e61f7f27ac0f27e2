namespace EventCluster.TestKit.History;

/// <summary>The ways to break a promise.</summary>
public enum HistoryFaultKind
{
    /// <summary>An acknowledged event is nowhere.</summary>
    Lost,

    /// <summary>An event stands in its stream twice.</summary>
    Duplicated,

    /// <summary>Events of one producer, or of one append, stand in another order than they were sent.</summary>
    Reordered,

    /// <summary>A reader's positions do not follow one another.</summary>
    ReaderSkipped,

    /// <summary>A reader was given a position it already had.</summary>
    ReaderRepeated,

    /// <summary>Two readers saw different events, or different offsets, at one position.</summary>
    Diverged,

    /// <summary>An acknowledgement named another position than readers saw.</summary>
    AckMisplaced,

    /// <summary>An append is there in part.</summary>
    Torn,

    /// <summary>An event that nobody sent, or whose append was refused for good.</summary>
    Invented,
}
