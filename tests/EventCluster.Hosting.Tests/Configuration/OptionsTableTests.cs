using EventCluster.Hosting.Configuration;
using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.Hosting.Tests.Configuration;

public sealed class OptionsTableTests
{
    private const string Switch = "EVENTCLUSTER_REGENERATE";

    [Fact]
    public void OptionsPage_IsWhatTheAttributesSay()
    {
        var file = Path.Combine(ServerFiles.Repository, "docs", "OPTIONS.md");
        if (Environment.GetEnvironmentVariable(Switch) == "1")
        {
            File.WriteAllText(file, OptionsTable.Render());
        }

        Assert.True(
            File.Exists(file) && File.ReadAllText(file) == OptionsTable.Render(),
            $"docs/OPTIONS.md is not what the attributes say; run: {Switch}=1 dotnet test tests/EventCluster.Hosting.Tests");
    }
}
