namespace EventCluster.Architecture.Tests.Projects;

/// <summary>What a project of <c>src</c> may need: the arrows of docs/ARCHITECTURE.md.</summary>
/// <param name="Projects">Exactly these projects, directly.</param>
/// <param name="Packages">Packages it may use.</param>
/// <param name="UsesWeb">It may use ASP.NET Core.</param>
internal sealed record Room(string[] Projects, string[] Packages, bool UsesWeb = false)
{
    private const string Prefix = "EventCluster.";

    /// <summary>The plan. A project that is not in it does not belong into <c>src</c>.</summary>
    public static IReadOnlyDictionary<string, Room> Plan { get; } = new Dictionary<string, Room>
    {
        ["EventCluster.Protocol"] = new([], []),
        ["EventCluster.Abstractions"] = new(["Protocol"], []),
        ["EventCluster.Client"] = new(["Protocol"], []),
        ["EventCluster.Cli"] = new(["Client"], []),
        ["EventCluster.Core"] = new(["Abstractions"], ["Microsoft.Extensions.Logging.Abstractions"]),
        ["EventCluster.Storage.LocalDisk"] = new(["Abstractions"], StorePackages()),
        ["EventCluster.Storage.PostgreSql"] = new(["Abstractions"], StorePackages("Npgsql")),
        ["EventCluster.Storage.AzureTables"] = new(["Abstractions"], StorePackages("Azure.Data.Tables")),
        ["EventCluster.Orleans"] = new(["Core"], ["Microsoft.Orleans.Sdk", "Microsoft.Orleans.Runtime", "Microsoft.Orleans.Connections.Security"]),
        ["EventCluster.Delivery"] = new(["Abstractions"], ["Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options"]),
        ["EventCluster.Edge"] = new(["Abstractions", "Delivery"], [], UsesWeb: true),
        ["EventCluster.Hosting"] = new(["Core", "Edge", "Storage.LocalDisk", "Storage.PostgreSql"], [], UsesWeb: true),
        ["EventCluster.Server"] = new(["Hosting"], [], UsesWeb: true),
        ["EventCluster.Silo"] = new(
            ["Hosting", "Orleans", "Storage.AzureTables"],
            [
                "Azure.Data.Tables", "Microsoft.Orleans.Clustering.AdoNet", "Microsoft.Orleans.Clustering.AzureStorage",
                "Microsoft.Orleans.Persistence.AdoNet", "Microsoft.Orleans.Persistence.AzureStorage", "Microsoft.Orleans.Server", "Npgsql",
            ],
            UsesWeb: true),
    };

    /// <summary>Full names of <see cref="Projects"/>.</summary>
    public IEnumerable<string> FullNames => Projects.Select(name => Prefix + name);

    /// <summary>All projects that can be reached along the arrows.</summary>
    public IReadOnlySet<string> Reachable =>
        FullNames.Concat(FullNames.SelectMany(name => Plan[name].Reachable)).ToHashSet();

    private static string[] StorePackages(params string[] vendor) =>
        [
            "Microsoft.Extensions.DependencyInjection.Abstractions",
            "Microsoft.Extensions.Logging.Abstractions",
            "Microsoft.Extensions.Options",
            .. vendor,
        ];
}
