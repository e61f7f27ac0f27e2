namespace EventCluster.TestKit.History;

/// <summary>What a line of a history says.</summary>
public enum HistoryEntryKind
{
    /// <summary>A producer is about to send an append; a retry may be recorded again.</summary>
    Attempt,

    /// <summary>An append was acknowledged, as new or as a duplicate.</summary>
    Acknowledge,

    /// <summary>An append was refused for good: none of its events may ever appear.</summary>
    Refuse,

    /// <summary>A reader begins at a position.</summary>
    Start,

    /// <summary>A reader saw one event.</summary>
    Observe,

    /// <summary>A reader was told of a gap and goes on elsewhere.</summary>
    Gap,

    /// <summary>Events before a position were trimmed or expired on purpose: they may be missing from now on.</summary>
    Trim,

    /// <summary>A stream inherits its source's events before a position.</summary>
    Fork,

    /// <summary>This reader read from its last start to the tail after everything else ended: the final view.</summary>
    Final,
}
