namespace EventCluster.Protocol;

/// <summary>Why a position cannot be served.</summary>
public enum GapReason
{
    /// <summary><c>expired</c>: retention dropped the events.</summary>
    Expired = 1,

    /// <summary><c>trimmed</c>: a trim dropped the events.</summary>
    Trimmed = 2,

    /// <summary><c>unknown</c>: beyond the tail, never issued, or lost to damage that a salvage got over.</summary>
    Unknown = 3,

    /// <summary><c>recreated</c>: the position belongs to another history.</summary>
    Recreated = 4,
}
