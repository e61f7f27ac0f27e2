namespace EventCluster.Benchmarks.Compare;

/// <summary>
/// The options that a checkout's server knows. A server refuses to start with an option that it does not know, so what is
/// passed in today's names is translated: renamed options get the name they had, options that did not exist are left out.
/// </summary>
/// <param name="known">Names that it knows.</param>
/// <param name="renamed">Today's names and the earlier ones of each, newest first.</param>
public sealed class OptionNames(IReadOnlySet<string> known, IReadOnlyDictionary<string, string[]> renamed)
{
    /// <summary>
    /// Every rename since e497d79. Until now there was none: options have only been added (Memory:*), which is what
    /// <c>docs/OPTIONS.md</c> of both commits shows. Who renames an option adds a line here.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string[]> Renamed = new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The names in a checkout's generated list of options.</summary>
    public static OptionNames Of(string checkout) => new(Read(File.ReadLines(Path.Combine(checkout, "docs", "OPTIONS.md"))), Renamed);

    /// <summary>The names in the lines of a generated list of options.</summary>
    public static IReadOnlySet<string> Read(IEnumerable<string> lines) => lines
        .Where(line => line.StartsWith("| `EventCluster:", StringComparison.Ordinal))
        .Select(line => line.Split('`')[1])
        .ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Arguments as the checkout's server understands them.</summary>
    /// <param name="arguments"><c>--EventCluster:KEY=VALUE</c>, in today's names.</param>
    /// <param name="tell">Told of each option that is left out.</param>
    public IReadOnlyList<string> Translate(IReadOnlyList<string> arguments, Action<string> tell)
    {
        var translated = new List<string>();
        foreach (var argument in arguments)
        {
            if (argument.Split('=', 2) is not [['-', '-', .. var name], var value])
            {
                throw new FormatException($"--server '{argument}' is not --EventCluster:KEY=VALUE.");
            }

            string[] names = [name, .. renamed.GetValueOrDefault(name, [])];
            if (Array.Find(names, known.Contains) is { } understood)
            {
                translated.Add($"--{understood}={value}");
            }
            else
            {
                tell($"left out, because the checkout has no such option: {argument}");
            }
        }

        return translated;
    }
}
