namespace EventCluster.Orleans.Rebalancing;

/// <summary>What to move, decided from the numbers of owned streams; every silo comes to the same plan.</summary>
/// <typeparam name="TSilo">A silo's identity.</typeparam>
/// <param name="From">The silo with the most streams.</param>
/// <param name="To">The silo with the fewest.</param>
/// <param name="Count">Streams to hand over now.</param>
internal readonly record struct RebalancePlan<TSilo>(TSilo From, TSilo To, int Count)
    where TSilo : IComparable<TSilo>
{
    /// <summary>A difference that placement by chance makes by itself, and at least this share of the larger number.</summary>
    private const double Tolerance = 0.1;

    private const int SmallestDifference = 2;

    /// <summary>The next step towards balance; null when the silos are level enough.</summary>
    /// <param name="owned">Streams owned by each active backlog silo.</param>
    /// <param name="most">Most streams in one step.</param>
    public static RebalancePlan<TSilo>? Next(IReadOnlyDictionary<TSilo, int> owned, int most)
    {
        if (owned.Count < 2 || most < 1)
        {
            return null;
        }

        var ordered = owned.OrderBy(pair => pair.Value).ThenBy(pair => pair.Key).ToList();
        var (least, largest) = (ordered[0], ordered[^1]);
        var difference = largest.Value - least.Value;
        return difference <= Math.Max(SmallestDifference, largest.Value * Tolerance)
            ? null
            : new RebalancePlan<TSilo>(largest.Key, least.Key, Math.Min(most, difference / 2));
    }
}
