namespace EventCluster.Orleans.Rebalancing;

/// <summary>How streams move to backlog silos with fewer of them.</summary>
public sealed class RebalanceOptions
{
    /// <summary>Most streams handed over per second in the whole cluster; 0 for never. Default 200.</summary>
    public int StreamsPerSecond { get; set; } = 200;

    /// <summary>
    /// The part of its time that a silo hands streams over: one whose move takes long, because it is busy or the store is slow,
    /// is followed by a longer rest. Default a fifth.
    /// </summary>
    public double Share { get; set; } = 0.2;

    /// <summary>How often the silos are compared. Default 2 s.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(2);
}
