using System.Globalization;

namespace EventCluster.Failover.Partitions;

/// <summary>The command line: <c>partitions [--sample] [--cases a,b] [--seconds N] [--seed N] [--streams N]</c>.</summary>
/// <param name="Cases">Which partitions, in this order.</param>
/// <param name="Length">How long each lasts.</param>
/// <param name="Seed">Chooses sides and payloads.</param>
/// <param name="Streams">Streams under load.</param>
internal sealed record PartitionOptions(IReadOnlyList<Partition> Cases, TimeSpan Length, int Seed, int Streams)
{
    private const int SampleSeconds = 12;

    /// <summary>Parses.</summary>
    /// <exception cref="FormatException">A word that means nothing here; the message says what does.</exception>
    public static PartitionOptions Parse(string[] args)
    {
        var options = new PartitionOptions(Partition.Every, TimeSpan.FromSeconds(40), Seed: 1, Streams: 24);
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--sample")
            {
                options = options with { Cases = [Partition.Named("pair-silence")], Length = TimeSpan.FromSeconds(SampleSeconds), Streams = 12 };
                continue;
            }

            var value = i + 1 < args.Length ? args[i + 1] : "";
            options = args[i] switch
            {
                "--cases" => options with { Cases = [.. value.Split(',').Select(Partition.Named)] },
                "--seconds" => options with { Length = TimeSpan.FromSeconds(Number(args[i], value)) },
                "--seed" => options with { Seed = Number(args[i], value) },
                "--streams" => options with { Streams = Number(args[i], value) },
                _ => throw new FormatException(
                    $"'{args[i]}' is none of --sample, --cases, --seconds, --seed, --streams. Cases: {Partition.Names}."),
            };
            i++;
        }

        return options;
    }

    private static int Number(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new FormatException($"{name} wants a number of 1 or more, not '{value}'.");
}
