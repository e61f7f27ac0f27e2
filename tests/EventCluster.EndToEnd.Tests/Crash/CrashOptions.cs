namespace EventCluster.EndToEnd.Tests.Crash;

/// <summary>Sizes of a crash run. The environment can ask for a longer one: <c>tests/soak.sh crash</c> does.</summary>
/// <param name="Seed">Chooses streams, batch sizes and the moments of the kills.</param>
/// <param name="Kills">How often the server is killed.</param>
public sealed record CrashOptions(int Seed, int Kills)
{
    /// <summary>Idempotent writers, each writing to all streams.</summary>
    public const int Producers = 8;

    /// <summary>Streams.</summary>
    public const int Streams = 50;

    /// <summary>Acknowledged appends before each kill, and again after the last.</summary>
    public const int AppendsPerLife = 500;

    /// <summary>Most events in one append.</summary>
    public const int MaxEventsPerAppend = 4;

    /// <summary>The options of this run.</summary>
    public static CrashOptions FromEnvironment() => new(
        Number("EVENTCLUSTER_CRASH_SEED", 1), Number("EVENTCLUSTER_CRASH_KILLS", 3));

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text) : otherwise;
}
