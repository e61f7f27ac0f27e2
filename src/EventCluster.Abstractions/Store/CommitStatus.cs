namespace EventCluster.Abstractions.Store;

/// <summary>Expected answers of a store to a commit.</summary>
public enum CommitStatus
{
    /// <summary>Stored with the store's durability.</summary>
    Committed = 0,

    /// <summary>The fence or the version is not the newest: another owner exists. Nothing was written.</summary>
    Conflict = 1,

    /// <summary>The medium has no room. Nothing was written; later commits may succeed.</summary>
    Full = 2,

    /// <summary>The commit would create a stream above the store's limit. Nothing was written.</summary>
    TooManyStreams = 3,

    /// <summary>The store refuses all writes until it is opened again (a failed flush). Nothing of this commit is kept.</summary>
    Refused = 4,

    /// <summary>The medium does not answer or takes no writes now. Nothing was written; the same commit may succeed later.</summary>
    Unreachable = 5,
}
