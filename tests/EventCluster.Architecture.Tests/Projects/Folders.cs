using System.Text.RegularExpressions;
using EventCluster.Architecture.Tests.Sources;

namespace EventCluster.Architecture.Tests.Projects;

/// <summary>
/// The layers inside each project of <c>src</c>, lowest first: a folder uses itself and what stands before it. In the root
/// folder options, limits, instruments and exceptions are the lowest layer (<see cref="Base"/>), the rest is an entry point
/// (<see cref="Entry"/>).
/// </summary>
internal static partial class Folders
{
    /// <summary>What every folder of a project may use.</summary>
    public const string Base = "(base)";

    /// <summary>What programs and other projects call.</summary>
    public const string Entry = "(entry)";

    /// <summary>The order of each project.</summary>
    public static IReadOnlyDictionary<string, string[]> Order { get; } = new Dictionary<string, string[]>
    {
        ["EventCluster.Protocol"] = [Base, Entry],
        ["EventCluster.Abstractions"] = [Base, Entry, "Memory", "Store", "Streams"],
        ["EventCluster.Core"] =
            [Base, "State", "Decisions", "Owners", "Blocks", "Commands", "Running", "Forks", "Reading", "Maintenance", Entry, "InMemory"],
        ["EventCluster.Delivery"] = [Base, "Timing", "Framing", "Reading", "Feeds", "Pump"],
        ["EventCluster.Edge"] =
        [
            Base, "Peers", "Memory", "Http", "Live", "Sessions", "Messages", "WebSockets", "Composite", "SignalR", "Streams", "Admin",
            "Connections", "Page", Entry,
        ],
        ["EventCluster.Storage.LocalDisk"] =
            [Base, "Disk", "Format", "Index", "Journal", "Checkpoints", "Recovery", "Maintenance", "Reading", "Salvage", Entry],
        ["EventCluster.Storage.PostgreSql"] =
            [Base, "Sessions", "Faults", "Sql", "Commits", "Import", "Schema", "Identity", "Opening", "Maintenance", Entry],
        ["EventCluster.Storage.AzureTables"] =
            [Base, "Keys", "Tables", "Entities", "Schema", "Index", "Numbers", "Identity", "Maintenance", "Commits", Entry],
        ["EventCluster.Orleans"] =
        [
            "Wire", "Placement", "Grains", "Directory", "Connections", "Client", "Loops", "Witness", "Rebalancing", "Settings", "Hosting",
            "Membership",
        ],
        ["EventCluster.Hosting"] = ["Configuration", "Logging", "Node", Entry, "Commands"],
        ["EventCluster.Server"] = [Entry],
        ["EventCluster.Silo"] = ["Membership", "Hosting", Entry],
    };

    /// <summary>The project that a file of <c>src</c> belongs to.</summary>
    public static string ProjectOf(string path) => path.Split('/')[1];

    /// <summary>The layer of a file of <c>src</c>.</summary>
    public static string Of(string path)
    {
        var parts = path.Split('/');
        return parts.Length > 3 ? parts[2] : LayerOfRoot(parts[2].Split('.')[0]);
    }

    /// <summary>The layer of a type, by its namespace; null for one of another project or of a framework.</summary>
    public static string? Of(string project, string typeNamespace, string typeName) =>
        typeNamespace == project ? LayerOfRoot(typeName)
        : typeNamespace.StartsWith(project + ".", StringComparison.Ordinal) ? typeNamespace[(project.Length + 1)..].Split('.')[0]
        : null;

    /// <summary>Whether one layer may use another.</summary>
    public static bool MayUse(string project, string from, string to)
    {
        var order = Order[project];
        return Array.IndexOf(order, to) <= Array.IndexOf(order, from);
    }

    /// <summary>The files of a project.</summary>
    public static IEnumerable<SourceFile> FilesOf(string project) => SourceFile.Under("src/" + project);

    private static string LayerOfRoot(string name) => BasePattern().IsMatch(name) ? Base : Entry;

    [GeneratedRegex("(Options|Limits|Instruments|Exception|Policy)$")]
    private static partial Regex BasePattern();
}
