using System.Globalization;
using System.Text.Json;
using EventCluster.TestKit.Claims;

namespace EventCluster.Failover;

/// <summary>The figures of all runs: medians with their spread, beside the aims.</summary>
internal static class FailoverReport
{
    /// <summary>Writes a table for a person, or one JSON object per fault.</summary>
    public static void Write(TextWriter writer, IReadOnlyList<FaultResult> results, bool json)
    {
        if (!json)
        {
            writer.WriteLine($"{"fault",-36} {"victim's streams, s",-26} {"other streams, s",-26} recovery, s");
        }

        foreach (var fault in results.GroupBy(result => result.Fault))
        {
            TimeSpan[] victims = [.. fault.Select(result => result.Victims).Order()];
            TimeSpan[] others = [.. fault.Select(result => result.Others).Order()];
            TimeSpan[] recoveries = [.. fault.Select(result => result.Recovery).Order()];
            writer.WriteLine(json
                ? JsonSerializer.Serialize(new
                {
                    fault = fault.Key.Name,
                    runs = victims.Length,
                    victimSeconds = Seconds(victims),
                    victimAim = fault.Key.VictimAim.TotalSeconds,
                    otherSeconds = Seconds(others),
                    otherAim = fault.Key.OtherAim?.TotalSeconds,
                    recoverySeconds = Seconds(recoveries),
                })
                : $"{fault.Key.What,-36} {Column(victims, fault.Key.VictimAim),-26} {Column(others, fault.Key.OtherAim),-26} "
                    + Column(recoveries, null));
        }
    }

    /// <summary>Writes how many answers of all runs were checked, and how many were wrong.</summary>
    public static void Write(TextWriter writer, IReadOnlyList<ClaimVerdict> verdicts, bool json)
    {
        var (appends, answers, claims) = (verdicts.Sum(it => it.Appends), verdicts.Sum(it => it.Answers), verdicts.Sum(it => it.Claims));
        var faults = Enum.GetValues<ClaimFaultKind>().ToDictionary(kind => kind, kind => verdicts.Sum(it => it.Count(kind)));
        writer.WriteLine(json
            ? JsonSerializer.Serialize(new
            {
                acknowledged = appends,
                answers,
                claims,
                stale = faults[ClaimFaultKind.Stale],
                wentBack = faults[ClaimFaultKind.WentBack],
                fromTheFuture = faults[ClaimFaultKind.FromTheFuture],
            })
            : $"claims: {answers} answers checked against {appends} acknowledged appends, {claims} with a claim: "
                + $"{faults[ClaimFaultKind.Stale]} stale, {faults[ClaimFaultKind.WentBack]} went back, {faults[ClaimFaultKind.FromTheFuture]} from the future");
    }

    private static double[] Seconds(TimeSpan[] sorted) => [.. sorted.Select(time => Math.Round(time.TotalSeconds, 3))];

    private static string Column(TimeSpan[] sorted, TimeSpan? aim)
    {
        var median = sorted[sorted.Length / 2];
        var spread = sorted.Length > 1 ? $" ({Text(sorted[0])} to {Text(sorted[^1])})" : "";
        return aim is { } bound
            ? $"{Text(median)}{spread} {(median <= bound ? "met" : "MISSED")} {Text(bound)}"
            : $"{Text(median)}{spread}";
    }

    private static string Text(TimeSpan time) => time.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture);
}
