namespace EventCluster.Architecture.Tests;

/// <summary>The work tree that these tests look at.</summary>
internal static class Repository
{
    private static readonly string[] _built = ["bin", "obj", "node_modules", ".packages", "artifacts", ".git", "data"];

    public static string Root { get; } = FindRoot();

    /// <summary>Paths of committed-looking files below a folder, relative to the root, with '/'.</summary>
    public static IEnumerable<string> Files(string folder, string pattern)
    {
        var start = Path.Combine(Root, folder);
        return Directory.Exists(start) ? Walk(new DirectoryInfo(start), pattern) : [];
    }

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static IEnumerable<string> Walk(DirectoryInfo folder, string pattern) =>
        folder.EnumerateFiles(pattern)
            .Select(file => Path.GetRelativePath(Root, file.FullName).Replace('\\', '/'))
            .Concat(folder.EnumerateDirectories()
                .Where(child => !_built.Contains(child.Name))
                .SelectMany(child => Walk(child, pattern)));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "EventCluster.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("No EventCluster.sln above the test's folder.");
    }
}
