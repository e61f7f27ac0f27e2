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

    /// <summary>
    /// A stream that was not copied from there has a history of the same number. Positions and caches know a history by its
    /// number alone, so both cannot be in one store; nothing was done.
    /// </summary>
    HistoryTaken = 4,

    /// <summary>It shares events with a stream that cannot be copied (one is a fork of the other); nothing was done.</summary>
    RelativeRefused = 5,

    /// <summary>One of its events is not what its content type demands; nothing was done.</summary>
    InvalidEvent = 6,
}
