namespace EventCluster.TestKit.Claims;

/// <summary>How a claim can be wrong.</summary>
public enum ClaimFaultKind
{
    /// <summary>It is below an append that was acknowledged before the request was sent (or before its wait ended).</summary>
    Stale,

    /// <summary>It is below what another answer, which was there before the request was sent, had shown.</summary>
    WentBack,

    /// <summary>It is above everything that was sent before the answer came.</summary>
    FromTheFuture,
}
