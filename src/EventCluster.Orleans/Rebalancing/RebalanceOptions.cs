namespace EventCluster.Orleans.Rebalancing;

/// <summary>How streams move to backlog silos with fewer of them.</summary>
public sealed class RebalanceOptions
{
    /// <summary>Streams handed over per second in the whole cluster; 0 for never. Default 5.</summary>
    public int StreamsPerSecond { get; set; } = 5;

    /// <summary>How often the silos are compared. Default 2 s.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(2);
}
