using EventCluster.Hosting.Configuration;
using Xunit;

namespace EventCluster.Hosting.Tests.Configuration;

public sealed class HelpTextTests
{
    [Fact]
    public void Render_NamesEveryOptionWithDefaultUnitAndEnvironmentName()
    {
        var help = HelpText.Render();

        Assert.All(OptionCatalog.All, entry =>
        {
            var start = help.IndexOf($"--{entry.Key}\n", StringComparison.Ordinal);
            Assert.True(start >= 0, entry.Key);
            var lines = help[start..].Split('\n');
            Assert.Equal(entry.Info.Description, lines[1].Trim());
            Assert.StartsWith("      default ", lines[2], StringComparison.Ordinal);
            Assert.Contains(OptionText.Format(entry.Get(new EventClusterOptions())), lines[2], StringComparison.Ordinal);
            Assert.Contains(entry.Info.Unit ?? "", lines[2], StringComparison.Ordinal);
            Assert.EndsWith($"environment {entry.EnvironmentName}", lines[2], StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Catalog_EveryNumberHasAUnit() =>
        Assert.All(
            OptionCatalog.All.Where(entry => entry.ValueType == typeof(int) || entry.ValueType == typeof(long) || entry.ValueType == typeof(TimeSpan)),
            entry => Assert.False(string.IsNullOrEmpty(entry.Info.Unit), entry.Key));

    [Fact]
    public void Render_NamesEveryMode() =>
        Assert.All(
            CommandLine.KnownNames.Where(name => !name.Contains(':', StringComparison.Ordinal)),
            name => Assert.Contains(name, HelpText.Render(), StringComparison.Ordinal));
}
