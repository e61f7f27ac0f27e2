namespace EventCluster.TestKit.Claims;

/// <summary>Everything recorded about one stream, and its verdict.</summary>
internal sealed class StreamClaims
{
    private readonly List<AppendRecord> _appends = [];
    private readonly List<ClaimRecord> _claims = [];

    public void Add(AppendRecord append) => _appends.Add(append);

    public void Add(ClaimRecord claim) => _claims.Add(claim);

    /// <summary>Adds everything that is wrong.</summary>
    public void Judge(List<ClaimFault> faults)
    {
        JudgeFloor(faults);
        JudgeCeiling(faults);
    }

    /// <summary>Each claim against the greatest position acknowledged, and the greatest one shown, before its request.</summary>
    private void JudgeFloor(List<ClaimFault> faults)
    {
        AppendRecord[] acknowledged =
            [.. _appends.Where(append => append is { Acknowledged: not null, Position: not null }).OrderBy(append => append.Acknowledged)];
        ClaimRecord[] shown = [.. _claims.Where(claim => claim.Claim.Kind != ClaimKind.Missing).OrderBy(claim => claim.Answered)];
        var (nextAppend, nextShown) = (0, 0);
        AppendRecord? greatestAppend = null;
        ClaimRecord? greatestShown = null;
        foreach (var claim in _claims.Where(claim => claim.Claim.Kind != ClaimKind.Reached).OrderBy(claim => claim.Holds))
        {
            for (; nextAppend < acknowledged.Length && acknowledged[nextAppend].Acknowledged < claim.Holds; nextAppend++)
            {
                greatestAppend = greatestAppend is null || State(greatestAppend).IsBefore(State(acknowledged[nextAppend]))
                    ? acknowledged[nextAppend]
                    : greatestAppend;
            }

            for (; nextShown < shown.Length && shown[nextShown].Answered < claim.Holds; nextShown++)
            {
                greatestShown = greatestShown is not { } least || least.Claim.IsBefore(shown[nextShown].Claim)
                    ? shown[nextShown]
                    : greatestShown;
            }

            if (greatestAppend is not null && claim.Claim.IsBefore(State(greatestAppend)))
            {
                faults.Add(new ClaimFault(ClaimFaultKind.Stale, claim,
                    $"{State(greatestAppend)} was acknowledged at {ClaimFault.Text(greatestAppend.Acknowledged!.Value)}"));
            }
            else if (greatestShown is { } greatest && claim.Claim.IsBefore(greatest.Claim))
            {
                faults.Add(new ClaimFault(ClaimFaultKind.WentBack, claim,
                    $"{greatest.Way} had shown {greatest.Claim} at {ClaimFault.Text(greatest.Answered)}"));
            }
        }
    }

    /// <summary>Each claim against what had been sent when its answer came.</summary>
    private void JudgeCeiling(List<ClaimFault> faults)
    {
        // An incarnation that the store opened by itself, after it lost commits, goes on with the sequences of the one before.
        long[] created = [.. _appends.Where(append => append is { Creates: true, Position: not null })
            .Select(append => append.Position!.Value.Incarnation).Order()];
        var all = _appends.OrderBy(append => append.Sent).ToArray();
        foreach (var chain in _claims.Where(claim => claim.Claim.Kind is ClaimKind.Tail or ClaimKind.Reached)
            .GroupBy(claim => Chain(claim.Claim.Position.Incarnation)))
        {
            var ceiling = new Ceiling();
            var next = 0;
            foreach (var claim in chain.OrderBy(claim => claim.Answered))
            {
                for (; next < all.Length && all[next].Sent <= claim.Answered; next++)
                {
                    if (all[next].Position is not { } position || Chain(position.Incarnation) == chain.Key)
                    {
                        ceiling.Add(all[next]);
                    }
                }

                if (claim.Claim.Position.Sequence > ceiling.Sequence)
                {
                    faults.Add(new ClaimFault(ClaimFaultKind.FromTheFuture, claim,
                        $"nothing above sequence {ceiling.Sequence} had been sent"));
                }
                else if (claim.Claim.IsClosed is true && !ceiling.MayBeClosed)
                {
                    faults.Add(new ClaimFault(ClaimFaultKind.FromTheFuture, claim, "no close had been sent"));
                }
            }
        }

        long Chain(long incarnation)
        {
            var index = Array.BinarySearch(created, incarnation);
            index = index >= 0 ? index : ~index - 1;
            return index >= 0 ? created[index] : 0;
        }
    }

    private static Claim State(AppendRecord append) => Claim.Tail(append.Position!.Value, append.Closes);
}
