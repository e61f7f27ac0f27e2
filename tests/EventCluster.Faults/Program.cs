using EventCluster.Faults;
using EventCluster.Faults.Crashes;
using EventCluster.Faults.Damage;

// bit-flips [--seed N] [--cases N] [--servers N] [--workers N]
// crash-points [--seed N] [--cases N] [--only TEXT] [--workers N]
FaultsOptions options;
try
{
    options = FaultsOptions.Parse(args.AsSpan(Math.Min(1, args.Length)));
}
catch (FormatException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}

var skipped = 0;
var (passed, failed) = args.FirstOrDefault() switch
{
    "bit-flips" => await new BitFlips(options, Console.Out).RunAsync(),
    "crash-points" when !Tracer.IsInstalled => Skip("strace is not installed; as root: apt-get install strace"),
    "crash-points" => await new CrashPoints(options, Console.Out).RunAsync(),
    var other => Skip($"'{other}' is not bit-flips or crash-points"),
};
Console.WriteLine($"{passed} passed, {failed} failed{(skipped > 0 ? $", {skipped} skipped" : "")}");
return failed == 0 ? 0 : 1;

(int Passed, int Failed) Skip(string reason)
{
    Console.WriteLine($"skipped: {reason}");
    skipped++;
    return (0, 0);
}
