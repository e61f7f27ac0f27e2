namespace EventCluster.Edge.Tests.Incarnations;

/// <summary>Which rounds are made. The environment can ask for more: <c>tests/soak.sh incarnations</c> does.</summary>
/// <param name="Seed">The first round's seed; the others follow it.</param>
/// <param name="Rounds">How many.</param>
internal sealed record IncarnationOptions(int Seed, int Rounds)
{
    /// <summary>Rounds at the same time: each has a stream of its own, and they mostly wait.</summary>
    public const int Parallel = 32;

    /// <summary>Rounds after which the sum so far is printed.</summary>
    public const int ProgressEvery = 1_000;

    public static IncarnationOptions FromEnvironment() =>
        new(Number("EVENTCLUSTER_INCARNATIONS_SEED", 1), Number("EVENTCLUSTER_INCARNATIONS_ROUNDS", 400));

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text) : otherwise;
}
