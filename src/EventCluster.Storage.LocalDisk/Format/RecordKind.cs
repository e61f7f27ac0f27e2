namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>What a journal record says. The numbers are on disk.</summary>
internal enum RecordKind : byte
{
    /// <summary>One commit of one stream.</summary>
    Commit = 1,

    /// <summary>A live block copied forward by compaction, naming its old location.</summary>
    Moved = 2,

    /// <summary>A delete copied forward, because a segment older than the dropped one still holds data of the stream.</summary>
    Tombstone = 3,
}
