namespace EventCluster.Faults.Damage;

/// <summary>What a damaged store made of it. Everything but <see cref="Wrong"/> is allowed.</summary>
internal enum Verdict
{
    /// <summary>Everything acknowledged is served.</summary>
    Right,

    /// <summary>The start was refused, and the place named.</summary>
    Refused,

    /// <summary>The store serves; reading what is damaged is refused, and the place named.</summary>
    ReadsRefused,

    /// <summary>Only writes of the documented last moments before a kill are missing.</summary>
    TornTail,

    /// <summary>Served right once; the next start was refused, and the place named.</summary>
    RefusedLater,

    /// <summary>Silent loss, wrong events, a refusal without a place, an exception that nobody expects.</summary>
    Wrong,
}
