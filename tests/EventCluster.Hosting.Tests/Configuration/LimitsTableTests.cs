using EventCluster.Hosting.Node;
using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.Hosting.Tests.Configuration;

public sealed class LimitsTableTests
{
    private const string Switch = "EVENTCLUSTER_REGENERATE";

    [Fact]
    public void LimitsPage_IsWhatTheCodeSays()
    {
        var file = Path.Combine(ServerFiles.Repository, "docs", "LIMITS.md");
        if (Environment.GetEnvironmentVariable(Switch) == "1")
        {
            File.WriteAllText(file, LimitsTable.Render());
        }

        Assert.True(
            File.Exists(file) && File.ReadAllText(file) == LimitsTable.Render(),
            $"docs/LIMITS.md is not what the code says; run: {Switch}=1 dotnet test tests/EventCluster.Hosting.Tests");
    }
}
