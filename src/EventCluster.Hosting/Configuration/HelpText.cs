using System.Text;

namespace EventCluster.Hosting.Configuration;

/// <summary>What <c>--help</c> prints, generated from the options' attributes.</summary>
public static class HelpText
{
    private const string Head = """
        EventCluster keeps ordered, durable event streams and delivers them over HTTP.

        usage: ./run.sh [--urls URL] [--data FOLDER] [--restored] [--EventCluster:KEY VALUE ...]
               ./run.sh --salvage FROM TO
               ./run.sh --backup TO [--data FOLDER]
               ./run.sh --copy-to-store [--data FOLDER] --EventCluster:PostgreSql:ConnectionString TEXT

          --restored          the data folder or the database is a restored backup: open new histories, so that offsets handed
                              out after the backup are answered with a gap instead of other events, and give a database an
                              identity of its own (needed once; refused while a node uses the database)
          --salvage FROM TO   copy everything readable of the damaged folder FROM into the new folder TO, print what is lost
          --backup TO         copy a consistent state of the data folder into the new folder TO, also while a server runs
          --copy-to-store     copy all streams of the data folder into a PostgreSQL database; stop the server first; run again,
                              it goes on where it broke off; offsets up to the copied tails stay valid
          --help (-h), --version

        Options are read from appsettings.json in the current folder, the environment and the command line; later ones win.
        Values may follow a space or '='. Durations are seconds, or carry a unit: 500ms, 90s, 15m, 12h, 7d.


        """;

    private const string SiloHead = """
        A node of an EventCluster: hosts streams (backlog), serves clients (edge), or both.

        usage: EventCluster.Silo [--urls URL] [--restored] [--EventCluster:KEY VALUE ...]

          --restored          the store is a restored backup or a copy: draw a new identity, empty the membership, open new
                              histories (needed once, by one node; refused while a node uses the store)
          --help (-h), --version

        Options are read from appsettings.json in the current folder, the environment and the command line; later ones win.
        Values may follow a space or '='. Durations are seconds, or carry a unit: 500ms, 90s, 15m, 12h, 7d.


        """;

    /// <summary>The whole text of the single node.</summary>
    public static string Render() => Render(Head, new EventClusterOptions());

    /// <summary>The whole text of a node of a cluster.</summary>
    public static string RenderSilo() => Render(SiloHead, new ClusterNodeOptions());

    private static string Render(string head, EventClusterOptions defaults)
    {
        var text = new StringBuilder(head);
        foreach (var entry in OptionCatalog.Of(defaults))
        {
            var alias = entry.Info.Alias is { } name ? $"--{name}, " : "";
            text.Append($"  {alias}--{entry.Key}\n");
            text.Append($"      {entry.Info.Description}\n");
            text.Append($"      default {Default(entry, defaults)}");
            text.Append(entry.Info.Unit is { } unit ? $" {unit}" : "");
            text.Append(entry.Accepted is { } accepted ? $"; {accepted}" : "");
            text.Append($"; environment {entry.EnvironmentName}\n");
        }

        return text.ToString();
    }

    private static string Default(OptionEntry entry, EventClusterOptions defaults)
    {
        var text = OptionText.Format(entry.Get(defaults));
        return text.Length == 0 ? "(empty)" : text;
    }
}
