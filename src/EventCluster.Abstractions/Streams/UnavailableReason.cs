namespace EventCluster.Abstractions.Streams;

/// <summary>
/// Why an operation did not happen now, though it may later: a value that every family shares, wrapped in its
/// <c>Unavailable</c> case.
/// </summary>
public enum UnavailableReason
{
    /// <summary>The owner moved or is stopping; nothing was done. Retry.</summary>
    Moved = 1,

    /// <summary>A commit was neither confirmed nor refused. A retry with producer fields is safe, another may duplicate.</summary>
    OutcomeUnknown = 2,

    /// <summary>A named bound is reached (pending appends, parked reads); nothing was done. Retry later.</summary>
    Overloaded = 3,

    /// <summary>The medium is full; nothing was done.</summary>
    StorageFull = 4,

    /// <summary>The store refuses writes until a restart; nothing was done.</summary>
    StoreFailed = 5,

    /// <summary>The store does not answer now; nothing was done. Retry.</summary>
    StoreUnreachable = 6,

    /// <summary>The memory for streams and producers is used up; nothing was done. Known ones go on.</summary>
    StateFull = 7,

    /// <summary>
    /// A repeated request cannot tell whether an earlier attempt had its effect, and must not have it twice. No further attempt
    /// says more; clients get <c>outcome_unknown</c>.
    /// </summary>
    Unconfirmed = 8,
}
