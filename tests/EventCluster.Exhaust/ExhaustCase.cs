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

    private const int LargeEvents = 24;
    private const int LargeEventBytes = 1024 * 1024;
    private const int ThreadsBeyondTheStart = 8;

    /// <summary>How long the server may take to be as it was.</summary>
    private static readonly TimeSpan _recovery = TimeSpan.FromSeconds(60);

    /// <summary>How long its memory must not fall to be at rest: longer than from one collection that gives back to the next.</summary>
    private static readonly TimeSpan _quiet = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan _quickQuiet = TimeSpan.FromSeconds(7);

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

    /// <summary>What fits into a minute when all run at once.</summary>
    public static IReadOnlyList<ExhaustCase> Sample { get; } =
        [Descriptors(256, _idle, isQuick: true), Threads(isQuick: true), Memory(256, "slow-signalr", isQuick: true), DiskFullCase.Make(fills: 1)];

    private static ExhaustCase Descriptors(int limit, string[] kinds, bool isQuick = false) => new(
        $"descriptors-{limit}-{(kinds.Length == 1 ? kinds[0] : "mixed")}",
        time => AttackAsync(new SystemBounds(Descriptors: limit), kinds, limit + (limit / 4), time, large: 1, isQuick));

    private static ExhaustCase Memory(int mebibytes, string kind, bool isQuick = false) => new(
        $"memory-{mebibytes}-{kind}",
        time => AttackAsync(new SystemBounds(MemoryMiB: mebibytes), [kind], Math.Min(600, mebibytes), time, LargeEvents, isQuick));

    private static ExhaustCase Threads(bool isQuick = false) => new("threads", async time =>
    {
        int needed;
        await using (var server = await BoundServer.StartAsync(new SystemBounds()))
        {
            needed = server.Use().Threads;
        }

        return await AttackAsync(new SystemBounds(Threads: needed + ThreadsBeyondTheStart), _idle, 300, time, large: 1, isQuick);
    });

    private static async Task<Verdict> AttackAsync(SystemBounds bounds, string[] kinds, int clients, TimeSpan time, int large, bool isQuick)
    {
        BoundServer server;
        try
        {
            // A sample gives memory back sooner, so that it fits into its minute.
            server = await BoundServer.StartAsync(bounds, data: null, isQuick ? ["--EventCluster:Memory:TrimInterval=1"] : []);
        }
        catch (CannotBoundException e)
        {
            return new Verdict { Skipped = e.Message };
        }

        await using (server)
        {
            return await AttackAsync(server, kinds, clients, time, large, isQuick ? _quickQuiet : _quiet);
        }
    }

    private static async Task<Verdict> AttackAsync(
        BoundServer server, string[] kinds, int clients, TimeSpan time, int large, TimeSpan quiet)
    {
        var verdict = new Verdict();
        verdict.Figures.Add(server.How);
        await FillAsync(server.Url, large);
        await using var honest = await HonestClients.StartAsync(server.Url);
        // What a first attack makes a process load is no leak: code, caches, and the blocks of Kestrel's pool, which gives at most a
        // twentieth of them back every ten seconds. What a second one of the same size adds is one.
        await WaveAsync(server, kinds, clients, time);
        var before = await QuietAsync(server, quiet);
        honest.Begin();
        var (connected, most) = await WaveAsync(server, kinds, clients, time);
        var tally = honest.Begin();
        if (server.HasExited)
        {
            verdict.Faults.Add($"the process has ended: {server.Tail()}");
            return verdict;
        }

        var begun = Stopwatch.GetTimestamp();
        await WaitUntilAsync(() => server.Use().IsBackTo(before), _recovery);
        var after = server.Use();
        var seconds = (int)Stopwatch.GetElapsedTime(begun).TotalSeconds;

        verdict.Check(
            tally.Asked > 0 && tally.Served >= Served * tally.Asked,
            string.Create(CultureInfo.InvariantCulture, $"{connected}/{clients} connected, honest {tally.Served}/{tally.Asked} served{(tally.LastFault is { } fault ? $" (last: {fault})" : "")}"));
        verdict.Check(after.IsBackTo(before), $"before {before}, most {most}, {seconds} s afterwards {after}");
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

    /// <summary>What the server uses when it uses no less any more.</summary>
    private static async Task<ServerUse> QuietAsync(BoundServer server, TimeSpan quiet)
    {
        var least = server.Use();
        var since = Stopwatch.GetTimestamp();
        for (var begun = since; Stopwatch.GetElapsedTime(begun) < _recovery && Stopwatch.GetElapsedTime(since) < quiet;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System);
            var use = server.Use();
            if (use.MemoryMiB < least.MemoryMiB)
            {
                since = Stopwatch.GetTimestamp();
            }

            least = least.And(use);
        }

        return least;
    }

    private static async Task WaitUntilAsync(Func<bool> isReached, TimeSpan atMost)
    {
        for (var begun = Stopwatch.GetTimestamp(); !isReached() && Stopwatch.GetElapsedTime(begun) < atMost;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System);
        }
    }

    /// <summary>Makes the stream that slow readers ask for.</summary>
    public static async Task FillAsync(Uri url, int events)
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
