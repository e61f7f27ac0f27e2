using System.Globalization;

namespace EventCluster.TestKit.Claims;

/// <summary>What was checked and what is wrong.</summary>
/// <param name="Appends">Appends acknowledged.</param>
/// <param name="Answers">Requests recorded, answered or given up.</param>
/// <param name="Claims">How many answers claimed a tail, or that there is no such stream.</param>
/// <param name="Ways">The same by way.</param>
/// <param name="Faults">Everything that is wrong; empty for a good history.</param>
public sealed record ClaimVerdict(
    int Appends, int Answers, int Claims, IReadOnlyDictionary<string, WayCount> Ways, IReadOnlyList<ClaimFault> Faults)
{
    /// <summary>How many are wrong in one way.</summary>
    public int Count(ClaimFaultKind kind) => Faults.Count(fault => fault.Kind == kind);

    /// <summary>One line: what was checked, and how many are wrong in which way.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Answers} answers checked against {Appends} acknowledged appends, {Claims} with a claim: {Count(ClaimFaultKind.Stale)} stale, "
        + $"{Count(ClaimFaultKind.WentBack)} went back, {Count(ClaimFaultKind.FromTheFuture)} from the future");
}
