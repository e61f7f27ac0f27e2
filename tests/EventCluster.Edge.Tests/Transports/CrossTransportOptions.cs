namespace EventCluster.Edge.Tests.Transports;

/// <summary>Which runs are made. The environment can ask for more: <c>tests/soak.sh transports</c> does.</summary>
/// <param name="Seed">The first run's seed; the others follow it.</param>
/// <param name="Runs">How many.</param>
internal sealed record CrossTransportOptions(int Seed, int Runs)
{
    /// <summary>Runs at the same time: they mostly wait.</summary>
    public const int Parallel = 8;

    public static CrossTransportOptions FromEnvironment() =>
        new(Number("EVENTCLUSTER_TRANSPORTS_SEED", 1), Number("EVENTCLUSTER_TRANSPORTS_RUNS", 60));

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text) : otherwise;
}
