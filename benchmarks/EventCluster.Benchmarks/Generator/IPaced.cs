namespace EventCluster.Benchmarks.Generator;

/// <summary>Something that happens at given times.</summary>
public interface IPaced
{
    /// <summary>Does what is due by now; returns the timestamp at which it is due again, null when it is over.</summary>
    long? RunDue(long now);
}
