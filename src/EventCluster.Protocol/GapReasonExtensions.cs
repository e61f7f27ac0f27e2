namespace EventCluster.Protocol;

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
