namespace EventCluster.Protocol;

/// <summary>Why a position cannot be served.</summary>
public enum GapReason
{
    /// <summary><c>expired</c>: retention dropped the events.</summary>
    Expired = 1,

    /// <summary><c>trimmed</c>: a trim dropped the events.</summary>
    Trimmed = 2,

    /// <summary><c>unknown</c>: beyond the tail, or never issued.</summary>
    Unknown = 3,

    /// <summary><c>recreated</c>: the position belongs to another history.</summary>
    Recreated = 4,
}

/// <summary>Wire texts of <see cref="GapReason"/>.</summary>
public static class GapReasonExtensions
{
    /// <summary>The text on every transport.</summary>
    public static string ToWire(this GapReason reason) => reason switch
    {
        GapReason.Expired => "expired",
        GapReason.Trimmed => "trimmed",
        GapReason.Unknown => "unknown",
        GapReason.Recreated => "recreated",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}
