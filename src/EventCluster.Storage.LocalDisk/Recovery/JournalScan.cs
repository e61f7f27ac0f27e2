using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Recovery;

/// <summary>What a scan of the journal from the newest checkpoint on found.</summary>
internal sealed class JournalScan
{
    /// <summary>Segments of the journal, ascending; closed ones that no scan needs included.</summary>
    public List<Segment> Journal { get; } = [];

    /// <summary>Files that are no part of the journal: segments made ahead, and those that a later start rewrote.</summary>
    public List<Segment> Leftovers { get; } = [];

    /// <summary>Leftovers with bytes that nothing explains: not this store's, or damaged.</summary>
    public HashSet<uint> Unexplained { get; } = [];

    /// <summary>Leftovers that begin with the mark of a segment made ahead: nothing in them was ever flushed.</summary>
    public HashSet<uint> Marked { get; } = [];

    /// <summary>All whole groups with records, in order.</summary>
    public List<GroupExtent> Groups { get; } = [];

    /// <summary>Where the valid journal ends.</summary>
    public JournalPosition End { get; set; }

    /// <summary>Everything before it is known to be on stable storage.</summary>
    public JournalPosition Durable { get; set; }

    /// <summary>The journal's last word is an orderly stop.</summary>
    public bool CleanStop { get; set; }

    /// <summary>The last start acknowledged before it flushed: without a clean stop, acknowledged commits may be lost.</summary>
    public bool AcksUnflushed { get; set; }

    public long LastGroup { get; set; }

    /// <summary>Largest number of any start.</summary>
    public long StartNumber { get; set; }

    /// <summary>The start that wrote the newest segment.</summary>
    public long NewestStart { get; set; }

    /// <summary>Damage in the middle of flushed data; null for none. The groups end there.</summary>
    public JournalPosition? Damage { get; set; }

    /// <summary>Bytes behind <see cref="End"/> that looked written and were dropped as a torn tail.</summary>
    public long DroppedBytes { get; set; }
}
