using EventCluster.Failover.Claims;

namespace EventCluster.Failover;

/// <summary>Something that happens to a cluster under load, and what it may cost.</summary>
/// <param name="Name">On the command line.</param>
/// <param name="What">In the report.</param>
/// <param name="VictimAim">Longest stall of an append to a stream of the victim.</param>
/// <param name="OtherAim">Longest stall of an append to any other stream.</param>
/// <param name="InjectAsync">Does it, and mends the cluster afterwards as an operator would.</param>
internal sealed record Fault(
    string Name, string What, TimeSpan VictimAim, TimeSpan? OtherAim, Func<FaultScene, CancellationToken, Task> InjectAsync)
{
    /// <summary>The bound: every stream takes appends again within this time.</summary>
    public TimeSpan RecoveryBound { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>No event stream or WebSocket may have to connect anew.</summary>
    public bool KeepsConnections { get; init; }

    private static readonly TimeSpan HalfASecond = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan TwoSeconds = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ThreeSeconds = TimeSpan.FromSeconds(3);

    /// <summary>A publisher leaves an edge that hangs after 10 s.</summary>
    private static readonly TimeSpan PauseAim = TimeSpan.FromSeconds(12);

    /// <summary>All, in the order of a run.</summary>
    public static IReadOnlyList<Fault> Every { get; } =
    [
        new("kill", "kill -9 of a backlog silo", TwoSeconds, HalfASecond, FaultScene.KillOwnerAsync),
        new("hang", "SIGSTOP of a backlog silo for 10 s", TwoSeconds, HalfASecond, FaultScene.HangOwnerAsync),
        new("term", "SIGTERM of a backlog silo", HalfASecond, HalfASecond, FaultScene.StopOwnerAsync),
        new("edge", "kill -9 of an edge", TwoSeconds, HalfASecond, FaultScene.KillEdgeAsync),
        new("grow", "a third backlog silo, a third edge", HalfASecond, HalfASecond, FaultScene.GrowAsync)
        {
            RecoveryBound = TimeSpan.FromMinutes(1),
        },
        new("store-restart", "restart of PostgreSQL", ThreeSeconds, null, FaultScene.RestartStoreAsync) { KeepsConnections = true },
        new("store-cut", "PostgreSQL unreachable for 5 s", ThreeSeconds, null, FaultScene.CutStoreAsync) { KeepsConnections = true },
        new("terminate", "pg_terminate_backend of sessions", ThreeSeconds, null, SessionTerminator.InjectAsync),
        new("pause", "rounds of SIGSTOP", PauseAim, null, PauseRounds.InjectAsync)
        {
            RecoveryBound = TimeSpan.FromSeconds(25),
        },
    ];

    /// <summary>For messages.</summary>
    public static string Names => string.Join(", ", Every.Select(fault => fault.Name));

    /// <summary>One by its name.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static Fault Named(string name) => Every.FirstOrDefault(fault => fault.Name == name)
        ?? throw new FormatException($"'{name}' is no fault; there are: {Names}.");
}
