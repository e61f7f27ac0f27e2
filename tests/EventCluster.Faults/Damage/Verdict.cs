namespace EventCluster.Faults.Damage;

/// <summary>What a damaged store made of it. Everything but <see cref="Wrong"/> is allowed.</summary>
internal enum Verdict
{
    /// <summary>Everything acknowledged is served.</summary>
    Right,

    /// <summary>The start was refused, and the place named; no salvage was tried, or there was nothing to read.</summary>
    Refused,

    /// <summary>The start was refused and the place named; a salvage kept only what is right, and named what it lost.</summary>
    Salvaged,

    /// <summary>The store serves; reading what is damaged is refused, and the place named.</summary>
    ReadsRefused,

    /// <summary>Only writes of the documented last moments before a kill are missing.</summary>
    TornTail,

    /// <summary>Served right once; the next start was refused, and the place named.</summary>
    RefusedLater,

    /// <summary>Silent loss, wrong events, a refusal without a place, an exception that nobody expects.</summary>
    Wrong,
}
