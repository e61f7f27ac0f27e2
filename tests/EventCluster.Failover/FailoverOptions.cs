using System.Globalization;

namespace EventCluster.Failover;

/// <summary>The command line: <c>--faults a,b --runs N --seed N --streams N --rounds N --terminate N --json</c>.</summary>
/// <param name="Faults">Which, in this order; each once per run.</param>
/// <param name="Runs">How often; figures are medians over the runs.</param>
/// <param name="Seed">Chooses victims and payloads.</param>
/// <param name="Streams">Streams under load.</param>
/// <param name="Json">Print figures for machines.</param>
internal sealed record FailoverOptions(IReadOnlyList<Fault> Faults, int Runs, int Seed, int Streams, bool Json)
{
    /// <summary>Rounds of SIGSTOP in each run.</summary>
    public int Rounds { get; init; } = 10;

    /// <summary>How long sessions of the database are ended in each run.</summary>
    public TimeSpan Terminate { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Parses.</summary>
    /// <exception cref="FormatException">A word that means nothing here; the message says what does.</exception>
    public static FailoverOptions Parse(string[] args)
    {
        var options = new FailoverOptions(Fault.Every, Runs: 1, Seed: 1, Streams: 60, Json: false);
        for (var i = 0; i < args.Length; i++)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            options = args[i] switch
            {
                "--json" => options with { Json = true },
                "--faults" => options with { Faults = [.. value.Split(',').Select(Fault.Named)] },
                "--runs" => options with { Runs = Number(args[i], value) },
                "--seed" => options with { Seed = Number(args[i], value) },
                "--streams" => options with { Streams = Number(args[i], value) },
                "--rounds" => options with { Rounds = Number(args[i], value) },
                "--terminate" => options with { Terminate = TimeSpan.FromSeconds(Number(args[i], value)) },
                _ => throw new FormatException(
                    $"'{args[i]}' is none of --faults, --runs, --seed, --streams, --rounds, --terminate, --json. Faults: {Fault.Names}."),
            };
            i += args[i] == "--json" ? 0 : 1;
        }

        return options;
    }

    private static int Number(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new FormatException($"{name} wants a number of 1 or more, not '{value}'.");
}
