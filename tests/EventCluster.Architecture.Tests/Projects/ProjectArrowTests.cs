using System.Reflection;
using Xunit;

namespace EventCluster.Architecture.Tests.Projects;

public sealed class ProjectArrowTests
{
    public static TheoryData<string> Names => [.. ProjectFile.Under("src").Select(project => project.Name)];

    public static TheoryData<string> BuiltNames => [.. ProjectFile.BuiltUnder("src").Select(project => project.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Project_NeedsExactlyWhatThePlanSays(string name)
    {
        Assert.True(Room.Plan.TryGetValue(name, out var room), $"{name} is not a room of the plan; see Room.Plan.");
        var project = ProjectFile.Under("src").Single(project => project.Name == name);

        Assert.Equal(room.FullNames.Order(StringComparer.Ordinal), project.Projects.Order(StringComparer.Ordinal));
        Assert.Empty(project.Packages.Except(room.Packages));
        Assert.Equal(room.UsesWeb, project.Frameworks.Contains("Microsoft.AspNetCore.App") || project.Sdk.EndsWith(".Web", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(BuiltNames))]
    public void Assembly_RefersOnlyToWhatThePlanReaches(string name)
    {
        var room = Room.Plan[name];
        var references = Assembly.Load(name).GetReferencedAssemblies().Select(reference => reference.Name!).ToList();

        Assert.NotEmpty(references);
        Assert.Empty(references.Where(IsOurs).Except(room.Reachable));
        if (!room.UsesWeb)
        {
            Assert.DoesNotContain(references, reference => reference.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
            Assert.Empty(references.Where(reference => !IsOurs(reference) && !IsBaseLibrary(reference)).Except(room.Packages));
        }
    }

    [Theory]
    [InlineData("EventCluster.Edge", "EventCluster.Core")]
    [InlineData("EventCluster.Edge", "EventCluster.Orleans")]
    [InlineData("EventCluster.Edge", "EventCluster.Storage.LocalDisk")]
    [InlineData("EventCluster.Core", "EventCluster.Storage.LocalDisk")]
    [InlineData("EventCluster.Core", "EventCluster.Storage.PostgreSql")]
    [InlineData("EventCluster.Core", "EventCluster.Storage.AzureTables")]
    [InlineData("EventCluster.Hosting", "EventCluster.Storage.AzureTables")]
    [InlineData("EventCluster.Core", "EventCluster.Orleans")]
    [InlineData("EventCluster.Core", "EventCluster.Edge")]
    [InlineData("EventCluster.Storage.LocalDisk", "EventCluster.Core")]
    [InlineData("EventCluster.Storage.LocalDisk", "EventCluster.Storage.PostgreSql")]
    [InlineData("EventCluster.Client", "EventCluster.Abstractions")]
    [InlineData("EventCluster.Hosting", "EventCluster.Server")]
    public void Plan_ForbiddenArrows_AreNotReachable(string from, string to) =>
        Assert.DoesNotContain(to, Room.Plan[from].Reachable);

    [Fact]
    public void Source_NeverNeedsTests() =>
        Assert.All(ProjectFile.Under("src"), project =>
            Assert.DoesNotContain(project.Projects, reference => reference.Contains("Test", StringComparison.Ordinal)));

    [Fact]
    public void Projects_AreNamedForWhatTheyDo()
    {
        string[] vague = ["Common", "Utils", "Util", "Shared", "Helpers", "Helper", "Manager", "Misc"];
        var names = ProjectFile.Under("src").Concat(ProjectFile.Under("tests")).Concat(ProjectFile.Under("benchmarks"));

        Assert.All(names, project => Assert.Empty(project.Name.Split('.').Intersect(vague)));
        Assert.All(
            Repository.Files("src", "*.cs"),
            file => Assert.DoesNotMatch(@"(Utils?|Helpers?|Manager|Misc)\.cs$", file));
    }

    [Fact]
    public void Projects_AreInTheSolutionAndInTheFilter()
    {
        var solution = Repository.Read("EventCluster.sln");
        var filter = Repository.Read("src/EventCluster.SingleNode.slnf");

        Assert.All(
            ProjectFile.Under("src").Concat(ProjectFile.Under("tests")).Concat(ProjectFile.Under("benchmarks")),
            project =>
            {
                Assert.Contains($"{project.Name}.csproj", solution, StringComparison.Ordinal);
                Assert.True(
                    filter.Contains($"{project.Name}.csproj", StringComparison.Ordinal)
                    || project.Name is "EventCluster.Orleans" or "EventCluster.Silo" or "EventCluster.Storage.AzureTables"
                        or "EventCluster.Orleans.Tests" or "EventCluster.Silo.Tests" or "EventCluster.Storage.AzureTables.Tests"
                        or "EventCluster.Cluster.Tests" or "EventCluster.Failover" or "EventCluster.Benchmarks.Messages",
                    $"{project.Name} is missing in src/EventCluster.SingleNode.slnf");
            });
    }

    [Fact]
    public void Projects_DoNotSwitchTheAnalyzersOff()
    {
        string[] switches =
        [
            "RunAnalyzers", "RunAnalyzersDuringBuild", "EnableNETAnalyzers", "TreatWarningsAsErrors", "NoWarn", "Nullable",
            "WarningLevel", "AnalysisLevel", "AnalysisMode",
        ];
        var shared = Repository.Read("Directory.Build.props");

        Assert.Contains("Microsoft.CodeAnalysis.BannedApiAnalyzers", shared, StringComparison.Ordinal);
        Assert.Contains("BannedSymbols.txt", shared, StringComparison.Ordinal);
        Assert.Contains("dotnet_diagnostic.RS0030.severity = error", Repository.Read(".editorconfig"), StringComparison.Ordinal);
        Assert.All(ProjectFile.Under("src"), project => Assert.Empty(project.PropertyNames.Intersect(switches)));
        Assert.All(Repository.Files("src", "Directory.Build.*"), Assert.Fail);
    }

    private static bool IsOurs(string name) => name.StartsWith("EventCluster.", StringComparison.Ordinal);

    private static bool IsBaseLibrary(string name) =>
        name.StartsWith("System.", StringComparison.Ordinal) || name is "mscorlib" or "netstandard";
}
