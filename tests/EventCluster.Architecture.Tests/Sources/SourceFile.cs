using System.Text.RegularExpressions;

namespace EventCluster.Architecture.Tests.Sources;

/// <summary>A C# file as text.</summary>
internal sealed partial class SourceFile(string path)
{
    private readonly string[] _lines = Repository.Read(path).Split('\n');

    public string Path { get; } = path;

    public IReadOnlyList<string> Lines => _lines;

    public int LineCount => _lines.Length - 1;

    public string? Namespace =>
        _lines.Select(line => NamespacePattern().Match(line)).FirstOrDefault(match => match.Success)?.Groups[1].Value;

    public int TopLevelTypes => _lines.Count(line => TypePattern().IsMatch(line));

    public static IReadOnlyList<SourceFile> Under(string folder) =>
        [.. Repository.Files(folder, "*.cs").Order(StringComparer.Ordinal).Select(path => new SourceFile(path))];

    [GeneratedRegex(@"^namespace ([\w.]+);")]
    private static partial Regex NamespacePattern();

    // File-scoped namespaces: a top-level type starts in the first column.
    [GeneratedRegex(@"^(?:(?:public|internal|file|sealed|static|abstract|partial|readonly|ref|unsafe) )*(?:class|record|struct|interface|enum|delegate) ")]
    private static partial Regex TypePattern();
}
