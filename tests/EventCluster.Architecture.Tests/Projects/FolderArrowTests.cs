using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace EventCluster.Architecture.Tests.Projects;

/// <summary>The order of the folders inside every project (<see cref="Folders"/>), from source and from compiled code.</summary>
public sealed partial class FolderArrowTests
{
    public static TheoryData<string> Names => [.. ProjectFile.Under("src").Select(project => project.Name)];

    public static TheoryData<string> BuiltNames => [.. ProjectFile.BuiltUnder("src").Select(project => project.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Folders_AllHaveAPlaceInTheOrder(string project)
    {
        Assert.True(Folders.Order.TryGetValue(project, out var order), $"{project} has no order of folders; see Folders.Order.");
        var used = Folders.FilesOf(project).Select(file => Folders.Of(file.Path)).Distinct().ToList();

        Assert.Empty(used.Except(order));
        Assert.Empty(order.Except(used).Except([Folders.Base, Folders.Entry]));
        Assert.Equal(order.Length, order.Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Usings_GoDownwardsOnly(string project)
    {
        var upwards =
            from file in Folders.FilesOf(project)
            from line in file.Lines
            let match = UsingPattern().Match(line)
            where match.Success && match.Groups[1].Value.StartsWith(project + ".", StringComparison.Ordinal)
            let to = match.Groups[1].Value[(project.Length + 1)..].Split('.')[0]
            where Folders.Order[project].Contains(to) && !Folders.MayUse(project, Folders.Of(file.Path), to)
            select $"{file.Path} ({Folders.Of(file.Path)}) uses {to}, which is a layer above it";

        AssertNone(upwards);
    }

    /// <summary>What needs no <c>using</c>: types of the root folder, names in full, members of inferred types.</summary>
    [Theory]
    [MemberData(nameof(BuiltNames))]
    public void CompiledReferences_GoDownwardsOnly(string project)
    {
        AssertNone(Upwards(project, CompiledReferences.Of(Assembly.Load(project))));
    }

    /// <summary>The check finds what it is there for: the folders of Delivery in the wrong order.</summary>
    [Fact]
    public void CompiledReferences_AgainstTheOrder_AreFound()
    {
        const string project = "EventCluster.Delivery";
        var down = CompiledReferences.Of(Assembly.Load(project)).ToList();

        Assert.Contains(down, pair => pair.From.Name == "PumpedFeed" && pair.To.Name == "StreamFeed");
        Assert.NotEmpty(Upwards(project, down.Select(static pair => (pair.To, pair.From))));
    }

    private static void AssertNone(IEnumerable<string> faults)
    {
        var lines = faults.Order(StringComparer.Ordinal).ToList();
        Assert.True(lines.Count == 0, string.Join('\n', lines));
    }

    private static IEnumerable<string> Upwards(string project, IEnumerable<(Type From, Type To)> references) =>
        from pair in references
        let @from = Folders.Of(project, pair.From.Namespace ?? "", pair.From.Name)
        let to = Folders.Of(project, pair.To.Namespace ?? "", pair.To.Name)
        where @from is not null && to is not null && Folders.Order[project].Contains(to) && !Folders.MayUse(project, @from, to)
        select $"{pair.From.Name} ({@from}) uses {pair.To.Name} ({to}), which is a layer above it";

    [GeneratedRegex(@"^using (?:static )?(?:\w+ = )?(EventCluster[\w.]*)")]
    private static partial Regex UsingPattern();
}
