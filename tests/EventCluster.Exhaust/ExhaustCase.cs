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

        // The code of the attack and its buffers are there once; what grows beyond that is a leak.
        using (var small = new Attack())
        {
            await small.ConnectAsync(server, kinds, Math.Min(clients / 8, 40));
            await Task.Delay(time / 4, TimeProvider.System);
        }

        await Task.Delay(time / 4, TimeProvider.System);
        var before = server.Use();
        honest.Reset();
        var most = before;
        using (var attack = new Attack())
        {
            var connected = await attack.ConnectAsync(server, kinds, clients);
            verdict.Figures.Add(string.Create(CultureInfo.InvariantCulture, $"{connected}/{clients} connected"));
            var until = Stopwatch.StartNew();
            while (until.Elapsed < time && !server.HasExited)
            {
                var use = server.Use();
                most = use.MemoryMiB > most.MemoryMiB ? use : most;
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }

        if (server.HasExited)
        {
            verdict.Faults.Add($"the process has ended: {server.Tail()}");
            return verdict;
        }

        var (served, asked) = (honest.Served, honest.Asked);
        verdict.Check(
            asked > 0 && served >= Served * asked,
            string.Create(CultureInfo.InvariantCulture, $"honest {served}/{asked} served{(honest.LastFault is { } fault ? $" (last: {fault})" : "")}"));
        var (after, took) = await RecoverAsync(server, before);
        verdict.Check(
            after.IsBackTo(before),
            string.Create(CultureInfo.InvariantCulture, $"before {before}, most {most}, after {took.TotalSeconds:0} s {after}"));
        verdict.Check(await server.AnswersAsync("/readyz"), "ready");
        verdict.Check(await server.StopAsync() == 0, "stops with 0");
        return verdict;
    }

    private static async Task<(ServerUse Use, TimeSpan Took)> RecoverAsync(BoundServer server, ServerUse before)
    {
        var begun = Stopwatch.StartNew();
        while (true)
        {
            var use = server.Use();
            if (use.IsBackTo(before) || begun.Elapsed >= _recovery)
            {
                return (use, begun.Elapsed);
            }

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
