using System.Diagnostics;
using System.Globalization;

namespace EventCluster.Exhaust;

/// <summary>One limit, one kind of client that runs against it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="RunAsync">Runs it; the attack lasts so long.</param>
internal sealed record ExhaustCase(string Name, Func<TimeSpan, Task<Verdict>> RunAsync)
{
    /// <summary>Part of honest requests that must be served.</summary>
    private const double Served = 0.95;

    /// <summary>
    /// Attacks in a row that must leave the server where the first of them left it. What grows once is not a leak: code,
    /// pools, and free memory that the collector keeps, because it gives a region back only when it was free for twenty
    /// collections. So attacks go on until three in a row add less than the tolerance; what leaks never comes to rest.
    /// </summary>
    private const int Waves = 3;

    private const int MostWaves = 16;

    private const int LargeEvents = 24;
    private const int LargeEventBytes = 1024 * 1024;
    private const int ThreadsBeyondTheStart = 8;

    /// <summary>How long the server may take to be as it was.</summary>
    private static readonly TimeSpan _recovery = TimeSpan.FromSeconds(60);

    private static readonly string[] _idle = ["idle", "slow-eventsource", "slow-durable-sse", "slow-websocket", "slow-signalr", "half-headers"];

    /// <summary>Every case.</summary>
    public static IReadOnlyList<ExhaustCase> All { get; } =
    [
        .. new[] { 256, 512, 1_024, 2_048, 4_096 }.SelectMany(static limit => (ExhaustCase[])
        [
            Descriptors(limit, ["idle"]), Descriptors(limit, ["slow-eventsource"]), Descriptors(limit, _idle),
        ]),
        Threads(),
        .. new[] { 256, 512, 1_024 }.SelectMany(static memory => Attack.Kinds.Keys.Where(static kind => kind != "idle").Select(kind => Memory(memory, kind))),
        DiskFullCase.Make(fills: 6),
    ];

    /// <summary>What fits into a minute.</summary>
    public static IReadOnlyList<ExhaustCase> Sample { get; } = [Descriptors(256, _idle), Threads(), DiskFullCase.Make(fills: 1)];

    private static ExhaustCase Descriptors(int limit, string[] kinds) => new(
        $"descriptors-{limit}-{(kinds.Length == 1 ? kinds[0] : "mixed")}",
        time => AttackAsync(new SystemBounds(Descriptors: limit), kinds, limit + (limit / 4), time, large: 1));

    private static ExhaustCase Memory(int mebibytes, string kind) => new(
        $"memory-{mebibytes}-{kind}",
        time => AttackAsync(new SystemBounds(MemoryMiB: mebibytes), [kind], Math.Min(600, mebibytes), time, LargeEvents));

    private static ExhaustCase Threads() => new("threads", async time =>
    {
        int needed;
        await using (var server = await BoundServer.StartAsync(new SystemBounds()))
        {
            needed = server.Use().Threads;
        }

        return await AttackAsync(new SystemBounds(Threads: needed + ThreadsBeyondTheStart), _idle, 300, time, large: 1);
    });

    private static async Task<Verdict> AttackAsync(SystemBounds bounds, string[] kinds, int clients, TimeSpan time, int large)
    {
        BoundServer server;
        try
        {
            server = await BoundServer.StartAsync(bounds);
        }
        catch (CannotBoundException e)
        {
            return new Verdict { Skipped = e.Message };
        }

        await using (server)
        {
            return await AttackAsync(server, kinds, clients, time, large);
        }
    }

    private static async Task<Verdict> AttackAsync(BoundServer server, string[] kinds, int clients, TimeSpan time, int large)
    {
        var verdict = new Verdict();
        verdict.Figures.Add(server.How);
        await FillAsync(server.Url, large);
        await using var honest = await HonestClients.StartAsync(server.Url);
        await Task.Delay(time, TimeProvider.System);
        var levels = new List<ServerUse> { server.Use() };
        var (most, connected, tally, isAtRest) = (levels[0], 0, new HonestTally(), false);
        while (!isAtRest && levels.Count <= MostWaves)
        {
            honest.Begin();
            (connected, var use) = await WaveAsync(server, kinds, clients, time);
            if (server.HasExited)
            {
                verdict.Faults.Add($"wave {levels.Count}: the process has ended: {server.Tail()}");
                return verdict;
            }

            tally.Add(honest.Begin());
            most = most.Or(use);
            var level = levels.Count < Waves ? null : levels[^(Waves - 1)];
            await WaitUntilAsync(() => server.Use().HasMemoryOf(level), levels.Count < MostWaves ? time : _recovery);
            levels.Add(server.Use());
            isAtRest = levels[^1].HasMemoryOf(level);
        }

        // Sockets and threads have no such excuse: they are as before the first wave.
        var rest = levels[^1] with { Descriptors = levels[0].Descriptors, Threads = levels[0].Threads };
        await WaitUntilAsync(() => server.Use().IsBackTo(rest), _recovery);
        var last = server.Use();

        verdict.Check(
            tally.Asked > 0 && tally.Served >= Served * tally.Asked,
            string.Create(CultureInfo.InvariantCulture, $"{connected}/{clients} connected, honest {tally.Served}/{tally.Asked} served{(tally.LastFault is { } fault ? $" (last: {fault})" : "")}"));
        verdict.Check(isAtRest && last.IsBackTo(rest), $"before {levels[0]}, most {most}, after {levels.Count - 1} waves {string.Join(" ", levels.Skip(1).Select(static level => level.MemoryMiB))} MiB, at last {last}");
        verdict.Check(await server.AnswersAsync("/readyz"), "ready");
        verdict.Check(await server.StopAsync() == 0, "stops with 0");
        return verdict;
    }

    /// <summary>One attack; how many clients got in, and the most that the server used.</summary>
    private static async Task<(int Connected, ServerUse Most)> WaveAsync(BoundServer server, string[] kinds, int clients, TimeSpan time)
    {
        var most = server.Use();
        using var attack = new Attack();
        var connected = await attack.ConnectAsync(server, kinds, clients);
        for (var begun = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begun) < time && !server.HasExited;)
        {
            most = most.Or(server.Use());
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        return (connected, most);
    }

    private static async Task WaitUntilAsync(Func<bool> isReached, TimeSpan atMost)
    {
        for (var begun = Stopwatch.GetTimestamp(); !isReached() && Stopwatch.GetElapsedTime(begun) < atMost;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System);
        }
    }

    private static async Task FillAsync(Uri url, int events)
    {
        using var client = new HttpClient { BaseAddress = url };
        var path = new Uri($"/v1/stream/{Attack.LargeStream}", UriKind.Relative);
        using var created = await client.PutAsync(path, Body(1));
        created.EnsureSuccessStatusCode();
        for (var i = 0; i < events; i++)
        {
            using var answer = await client.PostAsync(path, Body(LargeEventBytes));
            answer.EnsureSuccessStatusCode();
        }
    }

    private static ByteArrayContent Body(int bytes) =>
        new(new byte[bytes]) { Headers = { ContentType = new("application/octet-stream") } };
}
