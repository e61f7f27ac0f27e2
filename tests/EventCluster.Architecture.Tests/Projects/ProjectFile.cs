using System.Xml.Linq;

namespace EventCluster.Architecture.Tests.Projects;

/// <summary>What a project file says it needs.</summary>
internal sealed class ProjectFile
{
    private readonly XDocument _xml;

    private ProjectFile(string path)
    {
        Path = path;
        _xml = XDocument.Parse(Repository.Read(path));
    }

    public string Path { get; }

    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    public string Sdk => _xml.Root?.Attribute("Sdk")?.Value ?? "";

    public IReadOnlyList<string> Projects =>
        [.. Includes("ProjectReference").Select(include => System.IO.Path.GetFileNameWithoutExtension(include.Replace('\\', '/')))];

    public IReadOnlyList<string> Packages => Includes("PackageReference");

    public IReadOnlyList<string> Frameworks => Includes("FrameworkReference");

    public IEnumerable<string> PropertyNames =>
        _xml.Descendants("PropertyGroup").Elements().Select(element => element.Name.LocalName);

    public static IReadOnlyList<ProjectFile> Under(string folder) =>
        [.. Repository.Files(folder, "*.csproj").Order(StringComparer.Ordinal).Select(path => new ProjectFile(path))];

    /// <summary>Those that the filter names: what is built without Orleans and Azure.</summary>
    public static IReadOnlyList<ProjectFile> BuiltUnder(string folder)
    {
        var filter = Repository.Read("src/EventCluster.SingleNode.slnf");
        return [.. Under(folder).Where(project => filter.Contains($"{project.Name}.csproj", StringComparison.Ordinal))];
    }

    private string[] Includes(string item) =>
        [.. _xml.Descendants(item).Select(element => element.Attribute("Include")?.Value ?? "")];
}
