namespace EventCluster.Abstractions.Store;

/// <summary>Whether a store accepts writes.</summary>
/// <param name="AcceptsWrites">False after a final fault or while the medium is full.</param>
/// <param name="IsFinal">True when only a restart can help; the host then stops.</param>
/// <param name="Reason">Why not, for readiness and logs; null when all is well.</param>
public sealed record StoreHealth(bool AcceptsWrites, bool IsFinal, string? Reason)
{
    /// <summary>All is well.</summary>
    public static readonly StoreHealth Good = new(AcceptsWrites: true, IsFinal: false, Reason: null);
}
