namespace EventCluster.Abstractions.Store;

/// <summary>Whether a store accepts writes.</summary>
/// <param name="AcceptsWrites">False after a final fault or while the medium is full.</param>
/// <param name="IsFinal">True when only a restart can help; the host then stops.</param>
/// <param name="Reason">Why not, for readiness and logs; null when all is well.</param>
public sealed record StoreHealth(bool AcceptsWrites, bool IsFinal, string? Reason)
{
    /// <summary>All is well.</summary>
    public static readonly StoreHealth Good = new(AcceptsWrites: true, IsFinal: false, Reason: null);

    /// <summary>A background part that has died, in words; null while all run. Writes may go on, but the node is not ready.</summary>
    public string? PartFault { get; init; }

    /// <summary>True when the store shows data of another cluster: final, and no fault of the medium.</summary>
    public bool IsForeign { get; init; }

    /// <summary>The data behind this node belong to another cluster than it serves.</summary>
    public static StoreHealth Foreign(string reason) => new(AcceptsWrites: false, IsFinal: true, reason) { IsForeign = true };

    /// <summary>Why a node with this store should get no requests; null when it should.</summary>
    public string? NotReadyReason => AcceptsWrites ? PartFault : Reason ?? "The store does not accept writes.";

    /// <summary>This, with what is wrong with a background part; the same instance when nothing is.</summary>
    public StoreHealth WithPartFault(string? fault) => fault is null ? this : this with { PartFault = PartFault ?? fault };
}
