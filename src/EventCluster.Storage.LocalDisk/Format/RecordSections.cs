namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>Which optional parts a commit record has, in this order. The bits are on disk.</summary>
[Flags]
internal enum RecordSections : byte
{
    None = 0,
    Name = 1,
    Incarnations = 2,
    State = 4,
    Producers = 8,
    RemovedProducers = 16,
    Purges = 32,

    /// <summary>No bytes: the stream is removed.</summary>
    Remove = 64,
}
