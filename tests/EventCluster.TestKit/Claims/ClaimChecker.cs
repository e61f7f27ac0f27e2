using System.Runtime.InteropServices;

namespace EventCluster.TestKit.Claims;

/// <summary>
/// Judges claims about tails against real time: a tail is a register that only grows, so a history is linearizable when every
/// claim is at least what was acknowledged, or shown by another answer, before its request was sent, and at most what had been
/// sent when its answer came. Each stream is judged on its own, by sorting and one pass.
/// </summary>
public static class ClaimChecker
{
    /// <summary>Judges.</summary>
    public static ClaimVerdict Check(IEnumerable<AppendRecord> appends, IEnumerable<ClaimRecord> claims)
    {
        Dictionary<string, StreamClaims> streams = new(StringComparer.Ordinal);
        Dictionary<string, WayCount> ways = new(StringComparer.Ordinal);
        var acknowledged = 0;
        foreach (var append in appends)
        {
            acknowledged += append.Acknowledged is null ? 0 : 1;
            Find(streams, append.Stream).Add(append);
        }

        foreach (var claim in claims)
        {
            ref var way = ref CollectionsMarshal.GetValueRefOrAddDefault(ways, claim.Way, out _);
            var says = claim.Claim.Kind is ClaimKind.Tail or ClaimKind.Missing;
            way = new WayCount(way.Answers + 1, way.Claims + (says ? 1 : 0));
            if (claim.Claim.Kind != ClaimKind.None)
            {
                Find(streams, claim.Stream).Add(claim);
            }
        }

        List<ClaimFault> faults = [];
        foreach (var stream in streams.Values)
        {
            stream.Judge(faults);
        }

        return new ClaimVerdict(
            acknowledged, ways.Values.Sum(way => way.Answers), ways.Values.Sum(way => way.Claims), ways, faults);
    }

    private static StreamClaims Find(Dictionary<string, StreamClaims> streams, string name)
    {
        if (!streams.TryGetValue(name, out var stream))
        {
            streams.Add(name, stream = new StreamClaims());
        }

        return stream;
    }
}
