using System.Text.Json;
using System.Xml.Linq;
using EventCluster.Architecture.Tests.Projects;

namespace EventCluster.Architecture.Tests.Packages;

/// <summary>A package that is part of the server.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Licence">SPDX expression, or what the package says instead.</param>
/// <param name="Authors">Its authors.</param>
/// <param name="Copyright">Its copyright line, maybe empty.</param>
internal sealed record ShippedPackage(string Name, string Version, string Licence, string Authors, string Copyright)
{
    /// <summary>The packages in the restored graphs of the product's projects that bring code, by name.</summary>
    public static IReadOnlyList<ShippedPackage> OfProduct() =>
        [.. ProjectFile.BuiltUnder("src")
            .SelectMany(project => Of(Path.GetDirectoryName(project.Path)!))
            .Distinct()
            .OrderBy(package => package.Name, StringComparer.Ordinal)];

    private static List<ShippedPackage> Of(string project)
    {
        using var assets = JsonDocument.Parse(Repository.Read($"{project}/obj/project.assets.json"));
        var folders = assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(folder => folder.Name).ToList();
        var libraries = assets.RootElement.GetProperty("libraries");
        var target = assets.RootElement.GetProperty("targets").EnumerateObject().First().Value;
        return target.EnumerateObject()
            .Where(library => library.Value.GetProperty("type").GetString() == "package" && BringsCode(library.Value))
            .Select(library => Read(folders, libraries.GetProperty(library.Name).GetProperty("path").GetString()!))
            .ToList();
    }

    private static bool BringsCode(JsonElement library) =>
        library.TryGetProperty("runtime", out _) || library.TryGetProperty("runtimeTargets", out _);

    private static ShippedPackage Read(List<string> folders, string path)
    {
        var folder = folders.Select(root => Path.Combine(root, path)).First(Directory.Exists);
        var metadata = XDocument.Load(Directory.GetFiles(folder, "*.nuspec").Single()).Root!.Elements().First();
        return new ShippedPackage(
            Text("id"), Text("version"), Text("license") is { Length: > 0 } licence ? licence : Text("licenseUrl"), Text("authors"), Text("copyright"));

        string Text(string name) => metadata.Elements().FirstOrDefault(e => e.Name.LocalName == name)?.Value.Trim() ?? "";
    }
}
