using System.Diagnostics;
using EventCluster.Faults.Images;
using EventCluster.TestKit.Servers;

namespace EventCluster.Faults.Crashes;

/// <summary>
/// The instrument: every call that changes the disk is killed at and made to fail, the n-th of its kind on its file, n growing until
/// a run ends without reaching it.
/// </summary>
internal sealed class CrashPoints(FaultsOptions options, TextWriter output)
{
    private const int ScenariosOfASample = 4;

    private static readonly TimeSpan Progress = TimeSpan.FromSeconds(20);

    /// <summary>Where the folders come from that a recovery begins with: one crash of each kind of call.</summary>
    private static readonly (string Call, string File)[] Crashes =
    [
        ("openat", "segment-0000000002.log"), ("pwrite64", "segment-0000000001.log"), ("fdatasync", "segment-0000000001.log"),
        ("rename", "format.json.tmp"), ("fallocate", "segment-0000000002.log"), ("ftruncate", "segment-0000000001.log"),
        ("unlink", "control.json"), ("fsync", "data"),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("eventcluster-faults-").FullName;
    private readonly SortedDictionary<string, (int Points, int Wrong)> _counts = new(StringComparer.Ordinal);
    private int _points;
    private int _wrong;
    private int _folders;

    /// <summary>Runs to the end; returns passed and failed points.</summary>
    public async Task<(int Passed, int Failed)> RunAsync()
    {
        try
        {
            var boot = Scenarios().First();
            Count(new Chain(boot, "nothing", "no file", "pretending"), 0, await new CrashPoint(boot, NewFolder()).ProveAsync());
            var scenarios = Choose().ToArray();
            var looked = new IEnumerable<Chain>[scenarios.Length];
            await Parallel.ForAsync(
                0,
                scenarios.Length,
                new ParallelOptions { MaxDegreeOfParallelism = options.Workers },
                async (i, _) => looked[i] = await LookAsync(scenarios[i]));
            List<Chain> chains = [.. looked.SelectMany(all => all)];
            if (options.Cases is { } cases)
            {
                var drawn = chains.ToArray();
                new Random(options.Seed).Shuffle(drawn);
                chains = [.. drawn.Take(cases)];
            }

            await RunAsync(chains);
            foreach (var (name, (points, wrong)) in _counts)
            {
                output.WriteLine($"{name,-48}{points,8} points{wrong,8} wrong");
            }

            return (_points - _wrong, _wrong);
        }
        finally
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>A sample takes the first boot, serving, and two recoveries of many.</summary>
    private IEnumerable<Scenario> Choose()
    {
        var all = Scenarios().Where(scenario => options.Only is not { } only || scenario.Name.Contains(only, StringComparison.Ordinal)).ToArray();
        if (options.Cases is not null && all.Length > ScenariosOfASample)
        {
            new Random(options.Seed).Shuffle(all.AsSpan(2));
            return all.Take(ScenariosOfASample);
        }

        return all;
    }

    private IEnumerable<Scenario> Scenarios()
    {
        yield return new Scenario("first boot", Prepare: null, Operates: true, IsAttached: false);
        yield return new Scenario("serving", Prepare: null, Operates: true, IsAttached: true);
        foreach (var (call, file) in Crashes)
        {
            yield return new Scenario($"recovery after a kill at {call} of {file}", AfterCrash(call, file), Operates: false, IsAttached: false);
        }

        foreach (var image in ImageMaker.Make(options.Seed))
        {
            yield return new Scenario($"recovery of a store that was {image.Name}", data => WriteAsync(data, image), Operates: false, IsAttached: false);
        }

        yield return new Scenario("first start on a folder of format 1", CopyFixtureAsync, Operates: true, IsAttached: false);
    }

    private async Task<IEnumerable<Chain>> LookAsync(Scenario scenario)
    {
        IReadOnlyList<(string Call, string File)> calls;
        try
        {
            calls = await new CrashPoint(scenario, NewFolder()).LookAsync();
        }
        catch (InvalidOperationException e)
        {
            Count(new Chain(scenario, "any call", "any file", "nothing"), 0, e.Message);
            return [];
        }

        output.WriteLine($"{scenario.Name}: {calls.Count} kinds of calls on files");
        return calls.SelectMany(seen => Actions(scenario, seen.Call).Select(action => new Chain(scenario, seen.Call, seen.File, action)));
    }

    /// <summary>A kill and every error; recoveries are many, so that each of their calls has one error, another one with another seed.</summary>
    private IEnumerable<string> Actions(Scenario scenario, string call)
    {
        var errors = Tracer.Calls[call];
        return scenario.Operates ? errors.Prepend(Injection.Killed) : [Injection.Killed, errors[options.Seed % errors.Length]];
    }

    private async Task RunAsync(List<Chain> chains)
    {
        var next = -1;
        var since = Stopwatch.GetTimestamp();
        var work = Task.WhenAll(Enumerable.Range(0, options.Workers).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var mine && mine < chains.Count)
            {
                await RunAsync(chains[mine]);
            }
        })));
        while (await Task.WhenAny(work, Task.Delay(Progress, TimeProvider.System)) != work)
        {
            output.WriteLine($"{Stopwatch.GetElapsedTime(since).TotalSeconds:F0} s: {Math.Min(next, chains.Count)} of {chains.Count} kinds of faults, "
                + $"{_points} points, {_wrong} wrong");
        }

        await work;
    }

    private async Task RunAsync(Chain chain)
    {
        // A drawn sample takes one call of each chain, and the first is always there.
        var number = options.Cases is null ? 1 : new Random(options.Seed).Next(1, 4);
        while (true)
        {
            var result = await RunPointAsync(chain, number);
            if (!result.IsReached && result.Fault is null)
            {
                if (options.Cases is null || number == 1)
                {
                    return;
                }

                number = 1;
                continue;
            }

            Count(chain, number, result.Fault);
            if (options.Cases is not null)
            {
                return;
            }

            number++;
        }
    }

    private async Task<PointResult> RunPointAsync(Chain chain, int number)
    {
        var folder = NewFolder();
        try
        {
            return await new CrashPoint(chain.Scenario, folder).RunAsync(chain.Call, chain.File, chain.Action, number);
        }
        catch (Exception e)
        {
            return new PointResult(true, e.ToString());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private void Count(Chain chain, int number, string? fault)
    {
        lock (_counts)
        {
            _points++;
            _wrong += fault is null ? 0 : 1;
            var (points, wrong) = _counts.GetValueOrDefault(chain.Scenario.Name);
            _counts[chain.Scenario.Name] = (points + 1, wrong + (fault is null ? 0 : 1));
            if (fault is not null)
            {
                output.WriteLine($"WRONG: {chain.Scenario.Name}, {chain.Action} at {chain.Call} {number} of {chain.File}: {fault}");
            }
        }
    }

    private string NewFolder() => Directory.CreateDirectory(Path.Combine(_folder, $"{Interlocked.Increment(ref _folders)}")).FullName;

    /// <summary>The crash is made once; every recovery begins with a copy of what it left.</summary>
    private Func<string, Task<IExpectation?>> AfterCrash(string call, string file)
    {
        var folder = NewFolder();
        var crash = new Lazy<Task<IExpectation>>(() => new CrashPoint(
            new Scenario("crash", Prepare: null, Operates: true, IsAttached: false), folder).CrashAsync(call, file));
        return async data =>
        {
            var expectation = await crash.Value;
            Copy(Path.Combine(folder, "data"), data);
            return expectation;
        };
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    private static async Task<IExpectation?> WriteAsync(string data, StoreImage image)
    {
        Directory.CreateDirectory(data);
        foreach (var (name, bytes) in image.Files)
        {
            await File.WriteAllBytesAsync(Path.Combine(data, name), bytes);
        }

        return new ImageExpectation(image.Answers);
    }

    private static Task<IExpectation?> CopyFixtureAsync(string data)
    {
        Copy(Path.Combine(ServerFiles.Repository, "tests", "fixtures", "format-1"), data);
        return Task.FromResult<IExpectation?>(null);
    }

    private sealed record Chain(Scenario Scenario, string Call, string File, string Action);
}
