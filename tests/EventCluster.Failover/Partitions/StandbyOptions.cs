using System.Globalization;

namespace EventCluster.Failover.Partitions;

/// <summary>The command line: <c>standby [--cases a,b] [--seed N] [--streams N]</c>.</summary>
/// <param name="Cases">Which, in this order.</param>
/// <param name="Seed">Chooses payloads.</param>
/// <param name="Streams">Streams under load at a switchover.</param>
internal sealed record StandbyOptions(IReadOnlyList<StandbyCase> Cases, int Seed, int Streams)
{
    /// <summary>Parses.</summary>
    /// <exception cref="FormatException">A word that means nothing here; the message says what does.</exception>
    public static StandbyOptions Parse(string[] args)
    {
        var options = new StandbyOptions(StandbyCase.Every, Seed: 1, Streams: 24);
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            options = args[i] switch
            {
                "--cases" => options with { Cases = [.. value.Split(',').Select(StandbyCase.Named)] },
                "--seed" => options with { Seed = Number(args[i], value) },
                "--streams" => options with { Streams = Number(args[i], value) },
                _ => throw new FormatException($"'{args[i]}' is none of --cases, --seed, --streams. Cases: {StandbyCase.Names}."),
            };
        }

        return options;
    }

    private static int Number(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new FormatException($"{name} wants a number of 1 or more, not '{value}'.");
}
