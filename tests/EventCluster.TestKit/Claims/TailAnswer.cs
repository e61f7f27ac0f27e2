namespace EventCluster.TestKit.Claims;

/// <summary>An answer about a tail.</summary>
/// <param name="Claim">What it claims.</param>
/// <param name="Waited">The wait that was asked for, when nothing came in it; else zero.</param>
public readonly record struct TailAnswer(Claim Claim, TimeSpan Waited = default)
{
    /// <summary>Says nothing.</summary>
    public static TailAnswer None => default;
}
