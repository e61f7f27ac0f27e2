using EventCluster.Faults.Servers;
using EventCluster.TestKit;

namespace EventCluster.Faults.Crashes;

/// <summary>One run: prepare a folder, run the server with one fault, start it again without any, and ask for everything.</summary>
internal sealed class CrashPoint(Scenario scenario, string folder)
{
    private const int ExitByKill = 137;
    private const int ExitByTerm = 143;
    private const int LastOrdinaryExit = 2;

    /// <summary>A crash late enough that something is acknowledged, where there are as many calls.</summary>
    private const int MostCallsBeforeCrash = 3;

    private readonly List<IExpectation> _expected = [];

    private string Data => Path.Combine(folder, "data");

    private string Trace => Path.Combine(folder, "trace");

    /// <summary>Runs without a fault and returns the calls that changed something, by kind and file name.</summary>
    public async Task<IReadOnlyList<(string Call, string File)>> LookAsync()
    {
        if (await RunAsync(null) is { Fault: { } fault })
        {
            throw new InvalidOperationException($"'{scenario.Name}' fails without a fault: {fault}");
        }

        return [.. Tracer.Read(Trace, Data).Select(seen => (seen.Call, Path.GetFileName(seen.Path)))];
    }

    /// <summary>Runs without a fault and claims an event that was never sent; what is wrong if nobody misses it.</summary>
    public async Task<string?> ProveAsync()
    {
        Directory.CreateDirectory(folder);
        await LiveAsync(null);
        ((Script)_expected[^1]).Pretend();
        return await CheckAsync() is { } fault && fault.Contains("lacks", StringComparison.Ordinal)
            ? null
            : "an event that was never sent is not missed";
    }

    /// <summary>Runs with one fault.</summary>
    /// <param name="call">The call.</param>
    /// <param name="file">Name of the file; that of the folder itself for its own flushes.</param>
    /// <param name="action">An error or <c>SIGKILL</c>.</param>
    /// <param name="number">Which of the calls.</param>
    public Task<PointResult> RunAsync(string call, string file, string action, int number) =>
        RunAsync(new Injection(call, file == Path.GetFileName(Data) ? Data : Path.Combine(Data, file), action, number));

    /// <summary>Leaves the folder as the last call of a kind that can be killed at made it, and what was acknowledged before.</summary>
    public async Task<IExpectation> CrashAsync(string call, string file)
    {
        Directory.CreateDirectory(folder);
        for (var number = MostCallsBeforeCrash; number > 0; number--)
        {
            if ((await LiveAsync(new Injection(call, file == Path.GetFileName(Data) ? Data : Path.Combine(Data, file), Injection.Killed, number))).IsReached)
            {
                return _expected[^1];
            }

            _expected.Clear();
            Directory.Delete(Data, recursive: true);
        }

        throw new InvalidOperationException($"No {call} of {file} is reached.");
    }

    private async Task<PointResult> RunAsync(Injection? injection)
    {
        Directory.CreateDirectory(folder);
        try
        {
            if (scenario.Prepare is { } prepare && await prepare(Data) is { } expectation)
            {
                _expected.Add(expectation);
            }

            var result = await LiveAsync(injection);
            return result.Fault is null && (injection is null || result.IsReached)
                ? result with { Fault = await CheckAsync() }
                : result;
        }
        catch (TimeoutException e)
        {
            return new PointResult(true, e.Message);
        }
    }

    private async Task<PointResult> LiveAsync(Injection? injection)
    {
        string[] paths = injection is null ? [] : [injection.Path];
        var script = new Script();
        if (scenario.Operates)
        {
            _expected.Add(script);
        }

        await using var server = FaultServer.Launch(Data, scenario.IsAttached ? [] : Tracer.Words(Trace, paths, injection));
        if (await server.IsReadyAsync())
        {
            using var tracer = scenario.IsAttached ? await Tracer.AttachAsync(server.Id, Trace, paths, injection) : null;
            if (scenario.Operates)
            {
                await script.RunAsync(server.Client);
            }

            await server.StopAsync();
            if (tracer is not null)
            {
                await Phase.OfAsync("strace ends", tracer.WaitForExitAsync());
            }
        }

        var isReached = injection is { Kills: true } ? server.ExitCode == ExitByKill : Tracer.Happened(Trace);
        return new PointResult(isReached, JudgeEnd(server, injection));
    }

    private static string? JudgeEnd(FaultServer server, Injection? injection)
    {
        if (server.Output.Contains("Unhandled exception", StringComparison.Ordinal))
        {
            return $"an unhandled exception: {server.Output}";
        }

        // One that ends by itself may not hear a signal any more.
        var isOrdinary = server.ExitCode switch
        {
            0 => true,
            ExitByTerm => injection is not null,
            ExitByKill => injection is { Kills: true },
            _ => injection is not null && server.ExitCode <= LastOrdinaryExit,
        };
        return isOrdinary ? null : $"exit code {server.ExitCode}: {server.Output}";
    }

    private async Task<string?> CheckAsync()
    {
        await using var server = FaultServer.Launch(Data, []);
        if (!await server.IsReadyAsync())
        {
            return $"the folder does not open: {server.Output}";
        }

        foreach (var expectation in _expected)
        {
            if (await expectation.FindFaultAsync(server.Client) is { } fault)
            {
                return fault;
            }
        }

        return await Script.ProbeAsync(server.Client);
    }
}
