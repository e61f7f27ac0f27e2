namespace EventCluster.Delivery.Timing;

/// <summary>A seeded source of jitter that many connections may use at once.</summary>
internal sealed class EdgeRandom(Random random)
{
    private readonly Lock _gate = new();

    /// <summary>A number from <paramref name="min"/> to <paramref name="max"/>, both included.</summary>
    public int Between(int min, int max)
    {
        lock (_gate)
        {
            return random.Next(min, max + 1);
        }
    }
}
