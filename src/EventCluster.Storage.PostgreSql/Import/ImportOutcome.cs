namespace EventCluster.Storage.PostgreSql.Import;

/// <summary>What became of one stream that was to be copied into the store.</summary>
public enum ImportOutcome
{
    /// <summary>It is copied now.</summary>
    Imported = 0,

    /// <summary>An earlier run copied it as it is now.</summary>
    AlreadyImported = 1,

    /// <summary>The store has a stream of that name that was not copied from there; nothing was done.</summary>
    NameTaken = 2,

    /// <summary>An earlier run copied it, and the source went on since; nothing was done.</summary>
    SourceChanged = 3,
}
