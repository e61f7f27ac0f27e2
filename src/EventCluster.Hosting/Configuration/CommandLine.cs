namespace EventCluster.Hosting.Configuration;

/// <summary>What the arguments of the process say.</summary>
/// <param name="Mode">What to do.</param>
/// <param name="Settings">Configuration keys and values.</param>
/// <param name="Faults">One line per argument that is not understood.</param>
public sealed record CommandLine(
    CommandMode Mode, IReadOnlyDictionary<string, string?> Settings, IReadOnlyList<string> Faults)
{
    private static readonly Dictionary<string, Func<string[], CommandMode>> Modes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["--help"] = _ => new CommandMode.Help(),
        ["-h"] = _ => new CommandMode.Help(),
        ["--version"] = _ => new CommandMode.Version(),
        ["--restored"] = _ => new CommandMode.Run(Restored: true),
        ["--salvage"] = operands => new CommandMode.Salvage(operands[0], operands[1]),
        ["--copy-to-store"] = _ => new CommandMode.CopyToStore(),
        ["--backup"] = operands => new CommandMode.Backup(operands[0]),
    };

    private static readonly Dictionary<string, string[]> Operands = new(StringComparer.OrdinalIgnoreCase)
    {
        ["--salvage"] = ["FROM", "TO"],
        ["--backup"] = ["TO"],
    };

    /// <summary>Every name that may follow <c>--</c> for the single node, dashes included.</summary>
    public static IEnumerable<string> KnownNames => NamesOf(OptionCatalog.All);

    /// <summary>Reads the arguments of the single node.</summary>
    public static CommandLine Parse(IReadOnlyList<string> arguments) => Parse(arguments, OptionCatalog.All);

    /// <summary>Reads the arguments of a process with these options.</summary>
    public static CommandLine Parse(IReadOnlyList<string> arguments, IReadOnlyList<OptionEntry> catalog)
    {
        CommandMode mode = new CommandMode.Run(Restored: false);
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var faults = new List<string>();
        var rest = new Queue<string>(arguments);
        while (rest.TryDequeue(out var argument))
        {
            var (name, value) = argument.Split('=', 2) is [var left, var right] ? (left, right) : (argument, null);
            if (Modes.TryGetValue(name, out var make))
            {
                mode = TakeOperands(name, value, rest, faults) is { } operands ? make(operands) : mode;
            }
            else
            {
                TakeSetting(argument, catalog, rest, settings, faults);
            }
        }

        return new CommandLine(mode, settings, faults);
    }

    private static string[]? TakeOperands(string name, string? first, Queue<string> rest, List<string> faults)
    {
        var wanted = Operands.GetValueOrDefault(name, []);
        List<string> taken = first is null ? [] : [first];
        while (taken.Count < wanted.Length && rest.TryPeek(out var next) && !next.StartsWith("--", StringComparison.Ordinal))
        {
            taken.Add(rest.Dequeue());
        }

        if (taken.Count == wanted.Length)
        {
            return [.. taken];
        }

        faults.Add(wanted.Length == 0
            ? $"'{name}' takes no value"
            : $"'{name}' needs {string.Join(" and ", wanted)}: {name} {string.Join(' ', wanted)}");
        return null;
    }

    private static void TakeSetting(
        string argument,
        IReadOnlyList<OptionEntry> catalog,
        Queue<string> rest,
        Dictionary<string, string?> settings,
        List<string> faults)
    {
        var parts = argument.Split('=', 2);
        if (!argument.StartsWith('-'))
        {
            // What stands behind a secret option may be the secret, after a blank too many.
            var said = catalog.Any(entry => entry.Info.IsSecret && settings.ContainsKey(entry.Key)) ? "" : $" '{argument}'";
            faults.Add($"unexpected argument{said}; every option begins with '--', and --help lists them");
        }
        else if (Find(parts[0], catalog) is not { } entry)
        {
            faults.Add($"unknown command-line option '{parts[0]}'; did you mean '{Nearest(parts[0], catalog)}'?");

            // What follows an unknown option is taken for its value, or each mistake would be reported twice.
            if (parts.Length == 1 && rest.TryPeek(out var value) && !value.StartsWith('-'))
            {
                rest.Dequeue();
            }
        }
        else if (parts.Length == 2)
        {
            settings[entry.Key] = parts[1];
        }
        else if (rest.TryPeek(out var next) && !next.StartsWith("--", StringComparison.Ordinal))
        {
            settings[entry.Key] = rest.Dequeue();
        }
        else
        {
            faults.Add($"'{argument}' needs a value: {argument} VALUE");
        }
    }

    private static IEnumerable<string> NamesOf(IReadOnlyList<OptionEntry> catalog) =>
        [.. Modes.Keys,
         .. catalog.Where(entry => entry.Info.Alias is not null).Select(entry => "--" + entry.Info.Alias),
         .. catalog.Select(entry => "--" + entry.Key)];

    private static OptionEntry? Find(string name, IReadOnlyList<OptionEntry> catalog) => catalog.FirstOrDefault(entry =>
        name.Equals("--" + entry.Key, StringComparison.OrdinalIgnoreCase)
        || (entry.Info.Alias is { } alias && name.Equals("--" + alias, StringComparison.OrdinalIgnoreCase)));

    private static string Nearest(string written, IReadOnlyList<OptionEntry> catalog)
    {
        if (written is "--port" or "-p")
        {
            // What other servers have; nothing here is spelled like it.
            return "--urls";
        }

        const string prefix = "--" + EventClusterOptions.Section + ":";
        var byShortName = NamesOf(catalog).ToLookup(name => name.Replace(prefix, "--", StringComparison.Ordinal));
        var shortened = written.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? "--" + written[prefix.Length..] : written;
        return byShortName[NearestName.Of(shortened, byShortName.Select(group => group.Key))].First();
    }
}
