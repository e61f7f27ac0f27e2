using System.Text;

namespace EventCluster.Hosting.Configuration;

/// <summary>The options as a Markdown page, which <c>docs/OPTIONS.md</c> must equal.</summary>
public static class OptionsTable
{
    /// <summary>The whole page.</summary>
    public static string Render()
    {
        var defaults = new EventClusterOptions();
        var text = new StringBuilder(
            """
            # Options

            Generated from the options' attributes; the same as `./run.sh --help`. Each key can stand in `appsettings.json` of the
            current folder (as nested objects), in the environment (with `__` for `:`), or on the command line
            (`--EventCluster:KEY VALUE`). Later ones win. An unknown key stops the start.

            | Key | Default | Unit | Accepted | What it is |
            |---|---|---|---|---|

            """);
        Write(text, OptionCatalog.All, defaults);
        text.Append(
            """

            ## Nodes of a cluster

            A silo (`EventCluster.Silo`) has all of the above, where `EventCluster:Store` is `postgresql` unless set, and these:

            | Key | Default | Unit | Accepted | What it is |
            |---|---|---|---|---|

            """);
        Write(text, OptionCatalog.OfSilo.ExceptBy(OptionCatalog.All.Select(entry => entry.Key), entry => entry.Key), new ClusterNodeOptions());
        return text.ToString();
    }

    private static void Write(StringBuilder text, IEnumerable<OptionEntry> entries, EventClusterOptions defaults)
    {
        foreach (var entry in entries)
        {
            var alias = entry.Info.Alias is { } name ? $" (`--{name}`)" : "";
            var value = OptionText.Format(entry.Get(defaults)) is { Length: > 0 } shown ? $"`{shown}`" : "empty";
            text.Append($"| `{entry.Key}`{alias} | {value} | {entry.Info.Unit} | {Escape(entry.Accepted)} | {Escape(entry.Info.Description)} |\n");
        }
    }

    private static string Escape(string? text) => text?.Replace("|", "\\|", StringComparison.Ordinal) ?? "";
}
