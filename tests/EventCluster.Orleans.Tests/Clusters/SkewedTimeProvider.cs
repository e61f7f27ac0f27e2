namespace EventCluster.Orleans.Tests.Clusters;

/// <summary>The machine's clock, wrong by so much; timers run as they should.</summary>
internal sealed class SkewedTimeProvider(TimeSpan skew) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + skew;
}
