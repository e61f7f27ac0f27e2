using System.Globalization;

namespace EventCluster.Faults;

/// <summary>What a run does.</summary>
internal sealed record FaultsOptions
{
    /// <summary>Draws images, bits and samples.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Cases side by side.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>Drawn cases per image, or per call of the system; null for all there are.</summary>
    public int? Cases { get; init; }

    /// <summary>Mutations that the real server is started on.</summary>
    public int Servers { get; init; } = 500;

    /// <summary>Only points whose names contain this; null for all.</summary>
    public string? Only { get; init; }

    /// <summary>Reads arguments.</summary>
    /// <exception cref="FormatException">What is wrong and what is allowed.</exception>
    public static FaultsOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new FaultsOptions();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            var value = i + 1 < arguments.Length ? arguments[i + 1] : throw new FormatException($"{arguments[i]} needs a value.");
            options = arguments[i] switch
            {
                "--seed" => options with { Seed = Number(value) },
                "--workers" => options with { Workers = Math.Max(1, Number(value)) },
                "--cases" => options with { Cases = Number(value) },
                "--servers" => options with { Servers = Number(value) },
                "--only" => options with { Only = value },
                var other => throw new FormatException($"{other}: allowed are --seed, --workers, --cases, --servers and --only."),
            };
        }

        return options;
    }

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException($"'{text}' is not a number.");
}
