using Microsoft.Extensions.Configuration;

namespace EventCluster.Hosting.Configuration;

/// <summary>Fills the tree of options from a configuration and lists every fault instead of stopping at the first.</summary>
public static class OptionsBinder
{
    /// <summary>Reads the section <see cref="EventClusterOptions.Section"/>.</summary>
    /// <param name="configuration">Root of the configuration.</param>
    /// <param name="options">The tree; options at fault keep their defaults.</param>
    /// <returns>One line per fault, empty when all is well. Relations between options are not checked here.</returns>
    public static IReadOnlyList<string> Bind(IConfiguration configuration, EventClusterOptions options)
    {
        var faults = new List<string>();
        foreach (var (key, value) in Leaves(configuration.GetSection(EventClusterOptions.Section)))
        {
            Apply(key, value, options, faults);
        }

        return faults;
    }

    private static void Apply(string key, string value, EventClusterOptions options, List<string> faults)
    {
        var catalog = OptionCatalog.Of(options);
        var entry = catalog.FirstOrDefault(entry => entry.Key.Equals(key, StringComparison.OrdinalIgnoreCase));
        if (entry is null)
        {
            faults.Add($"unknown option '{key}'; did you mean '{NearestName.Of(key, catalog.Select(e => e.Key))}'?");
        }
        else if (OptionText.TryParse(entry, value, out var parsed))
        {
            entry.Set(options, parsed);
            options.NoteSet(entry.Key);
        }
        else
        {
            var unit = entry.Info.Unit is { } name ? $" ({name})" : "";
            var accepted = entry.Accepted ?? "some text";
            var said = entry.Info.IsSecret ? "what was set" : $"'{value}'";
            faults.Add($"'{entry.Key}' cannot be {said}; accepted: {accepted}{unit}");
        }
    }

    // A list may be written as one value with commas or, in JSON and the environment, as elements 0, 1, 2 ...
    private static IEnumerable<(string Key, string Value)> Leaves(IConfigurationSection section)
    {
        var children = section.GetChildren().ToList();
        if (children.Count > 0 && children.TrueForAll(child => int.TryParse(child.Key, out _)))
        {
            yield return (section.Path, string.Join(',', children.Select(child => child.Value)));
            yield break;
        }

        if (section.Value is { } value)
        {
            yield return (section.Path, value);
        }

        foreach (var leaf in children.SelectMany(Leaves))
        {
            yield return leaf;
        }
    }
}
