using EventCluster.TestKit.Servers;

namespace EventCluster.Failover;

/// <summary>A fault under way: who the victim is, and what was seen.</summary>
internal sealed partial class FaultScene(
    LocalCluster cluster, Workload workload, TcpRelay store, FailoverOptions options, Random random, TimeProvider time)
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Cut = TimeSpan.FromSeconds(5);

    private long _began;
    private (Stall Victims, Stall Others) _worst;
    private TimeSpan _slowest;

    /// <summary>Streams of the victim; all of them when the store is the victim, none when it is an edge.</summary>
    public IReadOnlyCollection<string> Victims { get; private set; } = [];

    /// <summary>Time from the fault (of the store: from its end) until every stream took an append again.</summary>
    public TimeSpan Recovery { get; private set; }

    /// <summary>The longest recovery of all rounds.</summary>
    public TimeSpan SlowestRecovery => _slowest > Recovery ? _slowest : Recovery;

    /// <summary>More to say about what was seen; null for nothing.</summary>
    public string? Remark { get; set; }

    /// <summary>Where it happens.</summary>
    public LocalCluster Cluster => cluster;

    /// <summary>Who works there meanwhile.</summary>
    public Workload Workload => workload;

    /// <summary>What the command line says.</summary>
    public FailoverOptions Options => options;

    /// <summary>Chooses.</summary>
    public Random Random => random;

    /// <summary>Waits.</summary>
    public TimeProvider Time => time;

    private TcpRelay Store => store;

    /// <summary><c>kill -9</c> of an owner.</summary>
    public static async Task KillOwnerAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        var victim = await scene.ChooseOwnerAsync(cancellationToken);
        scene.Begin();
        scene.Cluster.Signal(victim, "KILL");
        await scene.UntilRecoveredAsync(cancellationToken);
        await scene.ReplaceAsync(victim, cancellationToken);
    }

    /// <summary>SIGSTOP of an owner for 10 s.</summary>
    public static async Task HangOwnerAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        var victim = await scene.ChooseOwnerAsync(cancellationToken);
        scene.Begin();
        scene.Cluster.Signal(victim, "STOP");
        await Task.Delay(Hang, scene.Time, cancellationToken);
        scene.Cluster.Signal(victim, "CONT");
        await scene.UntilRecoveredAsync(cancellationToken);

        // It finds itself voted out and ends; an operator's supervisor starts it again.
        await scene.ReplaceAsync(victim, cancellationToken);
    }

    /// <summary>SIGTERM of an owner, which drains.</summary>
    public static async Task StopOwnerAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        var victim = await scene.ChooseOwnerAsync(cancellationToken);
        scene.Begin();
        await scene.Cluster.StopAsync(victim.Name, cancellationToken);
        await scene.UntilRecoveredAsync(cancellationToken);
        await scene.Cluster.StartAsync(victim.Name, cancellationToken);
    }

    /// <summary><c>kill -9</c> of an edge.</summary>
    public static async Task KillEdgeAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        var edges = await scene.Cluster.OfRoleAsync("edge", cancellationToken);
        var victim = edges[scene.Random.Next(edges.Count)];

        // Publishers of that edge must find another one; nobody else should notice.
        scene.Victims = [.. scene.Workload.Streams];
        scene.Begin();
        scene.Cluster.Signal(victim, "KILL");
        await scene.UntilRecoveredAsync(cancellationToken);
        await scene.ReplaceAsync(victim, cancellationToken);
    }

    /// <summary>An orderly restart of the store.</summary>
    public static async Task RestartStoreAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        scene.VictimsAreAll();
        await scene.Cluster.RestartStoreAsync(cancellationToken);
        scene.Begin();
        await scene.UntilRecoveredAsync(cancellationToken);
    }

    /// <summary>The store does not answer for 5 s.</summary>
    public static async Task CutStoreAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        scene.VictimsAreAll();
        scene.Store.HoldAll();
        await Task.Delay(Cut, scene.Time, cancellationToken);
        scene.Store.LetGo();
        scene.Begin();
        await scene.UntilRecoveredAsync(cancellationToken);
    }

    /// <summary>The stalls since the fault began: the longest of the victim's streams, and of the others.</summary>
    public (Stall Victims, Stall Others) Stalls()
    {
        var longest = workload.Stalls.Longest();
        return (Longest(_worst.Victims, Victims.Contains), Longest(_worst.Others, stream => !Victims.Contains(stream)));

        Stall Longest(Stall before, Func<string, bool> isMeant) =>
            longest.Where(pair => isMeant(pair.Key)).Select(pair => pair.Value).Append(before).MaxBy(stall => stall.Length);
    }

    /// <summary>A round of a fault that has several is over.</summary>
    public void EndRound() => (_worst, _slowest) = (Stalls(), SlowestRecovery);

    /// <summary>The longest stall since the fault began, by the way that the appends took.</summary>
    public IReadOnlyDictionary<string, TimeSpan> StallsByWay() => workload.Stalls.Longest()
        .GroupBy(pair => workload.WayOf(pair.Key), pair => pair.Value.Length).ToDictionary(way => way.Key, way => way.Max());

    /// <summary>Whatever happens to the store happens to every stream.</summary>
    public void VictimsAreAll() => Victims = [.. workload.Streams];

    /// <summary>The fault begins now.</summary>
    public void Begin()
    {
        _began = time.GetTimestamp();
        workload.Stalls.Restart();
    }

    /// <summary>A backlog silo that owns streams of the workload, and which.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="isMeant">It owns one of these at least; null for any.</param>
    public async Task<ClusterProcess> ChooseOwnerAsync(CancellationToken cancellationToken, Func<string, bool>? isMeant = null)
    {
        // One that came a moment ago may own none yet; one that was voted out does not answer.
        List<(ClusterProcess Silo, IReadOnlyCollection<string> Streams)> owners = [];
        foreach (var silo in await cluster.OfRoleAsync("backlog", cancellationToken))
        {
            try
            {
                if (await cluster.OwnedAsync(silo, cancellationToken) is { Count: > 0 } streams && streams.Any(isMeant ?? (static _ => true)))
                {
                    owners.Add((silo, streams));
                }
            }
            catch (HttpRequestException)
            {
                continue;
            }
        }

        var victim = owners.Count > 0
            ? owners[random.Next(owners.Count)]
            : throw new InvalidDataException($"No silo owns any of {workload.Streams.Count} active streams.");
        Victims = victim.Streams;
        return victim.Silo;
    }

    /// <summary>The bound of 15 s is the hang guard here; the stalls are printed beside their aims.</summary>
    public async Task UntilRecoveredAsync(CancellationToken cancellationToken)
    {
        await workload.UntilAllMovedAsync("the cluster recovers", cancellationToken);
        Recovery = time.GetElapsedTime(_began);
    }

    /// <summary>Stops a process, if it did not end by itself, and starts it again.</summary>
    public async Task ReplaceAsync(ClusterProcess victim, CancellationToken cancellationToken)
    {
        await cluster.StopAsync(victim.Name, cancellationToken);
        await cluster.StartAsync(victim.Name, cancellationToken);
    }
}
