using System.Globalization;
using EventCluster.Simulation;

// --seed N --steps M [--seeds COUNT] [--skip-flush] [--in-memory] [--trace] [--history FILE]
var options = new SimulationOptions { Seed = Number("--seed", 1), Steps = Number("--steps", 1_500) };
options = options with
{
    SkipFlush = args.Contains("--skip-flush"),
    InMemory = args.Contains("--in-memory"),
    TraceTo = args.Contains("--trace") ? Console.Out : null,
};
var failed = 0;
for (var i = 0; i < Number("--seeds", 1); i++)
{
    using var run = new SimulationRun(options with { Seed = options.Seed + i });
    var result = run.Run();
    Console.WriteLine(result);
    foreach (var violation in result.Violations.Take(20))
    {
        Console.WriteLine($"  {violation}");
    }

    if (result.Violations.Count > 0)
    {
        failed++;
        if (Value("--history") is { } file)
        {
            using var writer = new StreamWriter(file);
            result.History.Save(writer);
        }
    }
}

Console.WriteLine($"{Number("--seeds", 1) - failed} passed, {failed} failed");
return failed == 0 ? 0 : 1;

string? Value(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

int Number(string name, int otherwise) =>
    Value(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
