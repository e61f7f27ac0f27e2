namespace EventCluster.TestKit;

/// <summary>What can happen to a commit on its way to the store.</summary>
public enum CommitFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>An exception, and nothing was stored.</summary>
    FailBefore,

    /// <summary>An exception, though the commit is stored.</summary>
    FailAfter,

    /// <summary>Another opener raised the fence, so the commit is refused.</summary>
    Conflict,

    /// <summary>The medium is full.</summary>
    Full,

    /// <summary>The store refuses writes.</summary>
    Refused,
}
