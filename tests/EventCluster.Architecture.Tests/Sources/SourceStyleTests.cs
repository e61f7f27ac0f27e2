using System.Reflection;
using System.Runtime.CompilerServices;
using EventCluster.Architecture.Tests.Projects;
using Xunit;

namespace EventCluster.Architecture.Tests.Sources;

public sealed class SourceStyleTests
{
    // Files above 600 lines, each with its reason.
    private static readonly Dictionary<string, string> _longFiles = [];

    // Registration extensions live where the caller already is; an annotation where editors look for it.
    private static readonly string[] _callersNamespaces =
        ["JetBrains.Annotations", "Microsoft.Extensions.DependencyInjection", "Microsoft.AspNetCore.Builder", "Microsoft.Extensions.Logging", "Orleans.Hosting"];

    private static readonly IReadOnlyList<SourceFile> _product = SourceFile.Under("src");

    private static readonly IReadOnlyList<SourceFile> _all =
        [.. _product, .. SourceFile.Under("tests"), .. SourceFile.Under("benchmarks")];

    [Fact]
    public void Files_NamespaceIsTheFolder()
    {
        var wrong = _all
            .Where(file => !file.Path.EndsWith("/Program.cs", StringComparison.Ordinal))
            .Where(file => file.Namespace is not { } name || (name != FolderOf(file) && !_callersNamespaces.Contains(name)))
            .Select(file => $"{file.Path}: {file.Namespace ?? "no file-scoped namespace"} instead of {FolderOf(file)}");

        Assert.Empty(wrong);
    }

    /// <summary>The usings stand in one block at the beginning, those of the system first, and an empty line follows.</summary>
    [Fact]
    public void Files_BeginWithOneBlockOfUsings()
    {
        var wrong = _all.Where(static file => file.Namespace is not null).Where(static file =>
        {
            var head = file.Lines.TakeWhile(static line => !line.StartsWith("namespace ", StringComparison.Ordinal)).ToList();
            var usings = head.TakeWhile(static line => line.StartsWith("using ", StringComparison.Ordinal)).ToList();
            var rest = head.Skip(usings.Count).ToList();
            var isBlock = usings.Count > 0 ? rest is [""] || (rest is ["", not "", ..] && rest[^1].Length == 0) : head is [] or [not "", ..];
            var plain = usings.Where(static line => !line.Contains('=', StringComparison.Ordinal) && !line.StartsWith("using static", StringComparison.Ordinal))
                .Select(static line => line.StartsWith("using System", StringComparison.Ordinal)).ToList();
            return !isBlock || plain.SkipWhile(static isSystem => isSystem).Any(static isSystem => isSystem);
        });

        Assert.Empty(wrong.Select(static file => file.Path));
    }

    [Fact]
    public void Files_HaveOneTopLevelType()
    {
        var withTypes = _product.Where(file => file.TopLevelTypes > 0).ToList();
        var crowded = withTypes.Where(file => file.TopLevelTypes > 1).ToList();

        Assert.True(
            crowded.Count <= withTypes.Count * 0.05,
            $"{crowded.Count} of {withTypes.Count} files hold several types: {string.Join(", ", crowded.Select(file => file.Path))}");
    }

    [Fact]
    public void Files_AreShort()
    {
        Assert.Empty(_product.Where(file => file.LineCount > 600 && !_longFiles.ContainsKey(file.Path)).Select(file => $"{file.Path}: {file.LineCount} lines"));
        var lengths = _product.Select(file => file.LineCount).Order().ToList();

        Assert.InRange(lengths[lengths.Count / 2], 1, 120);
        Assert.InRange(lengths[(int)(lengths.Count * 0.95)], 1, 400);
    }

    [Fact]
    public void Files_HaveNoRegionsAndNoLooseEnds()
    {
        string[] banned = ["#" + "region", "TO" + "DO", "FIX" + "ME", "NotImplemented" + "Exception", "HA" + "CK:"];
        var found =
            from file in _all
            from line in file.Lines
            from word in banned
            where line.Contains(word, StringComparison.Ordinal)
            select $"{file.Path}: {line.Trim()}";

        Assert.Empty(found);
    }

    [Fact]
    public void Product_SwitchesNoBannedCallOn()
    {
        var found =
            from file in _product
            from line in file.Lines
            where line.Contains("RS0030", StringComparison.Ordinal)
            select $"{file.Path}: {line.Trim()}";

        Assert.Empty(found);
    }

    [Fact]
    public void Core_NeverLeavesTheSchedulerOfItsOwner()
    {
        var found =
            from file in _product
            where file.Path.StartsWith("src/EventCluster.Core/", StringComparison.Ordinal)
            from line in file.Lines
            where line.Contains("ConfigureAwait(false)", StringComparison.Ordinal) || line.Contains("Task.Run(", StringComparison.Ordinal)
            select $"{file.Path}: {line.Trim()}";

        Assert.Empty(found);
    }

    [Fact]
    public void Classes_AreSealed()
    {
        var classes = ProjectFile.BuiltUnder("src")
            .SelectMany(project => Assembly.Load(project.Name).GetTypes())
            .Where(type => type.IsClass && !type.IsAbstract && !type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false))
            .Where(type => type.DeclaringType?.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) != true)
            .Where(type => type.Namespace?.StartsWith("EventCluster", StringComparison.Ordinal) == true)
            .ToList();
        var open = classes.Where(type => !type.IsSealed).Select(type => type.FullName).ToList();

        Assert.NotEmpty(classes);
        Assert.True(open.Count <= classes.Count * 0.05, $"{open.Count} of {classes.Count} are not sealed: {string.Join(", ", open)}");
    }

    [Fact]
    public void Hosts_ProgramFitsOnAScreen() =>
        Assert.All(
            _product.Where(file => file.Path.EndsWith("/Program.cs", StringComparison.Ordinal)),
            file => Assert.InRange(file.LineCount, 1, 60));

    private static string FolderOf(SourceFile file) =>
        string.Join('.', file.Path.Split('/').Skip(1).SkipLast(1));
}
