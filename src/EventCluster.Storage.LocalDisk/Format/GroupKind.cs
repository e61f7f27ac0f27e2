namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>What a group header stands for. The numbers are on disk.</summary>
internal enum GroupKind
{
    /// <summary>Records follow.</summary>
    Records = 0,

    /// <summary>Nothing follows; everything before is flushed. Written when the journal goes idle.</summary>
    Seal = 1,

    /// <summary>A seal that is the journal's last word: the process stopped in an orderly way.</summary>
    CleanStop = 2,
}
