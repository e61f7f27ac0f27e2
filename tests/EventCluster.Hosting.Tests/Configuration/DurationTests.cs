using EventCluster.Hosting.Configuration;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace EventCluster.Hosting.Tests.Configuration;

/// <summary>Durations with and without a unit.</summary>
public sealed class DurationTests
{
    [Theory]
    [InlineData("30", 30)]
    [InlineData("0.5m", 30)]
    [InlineData("30s", 30)]
    [InlineData("30 s", null)]
    [InlineData("30000ms", 30)]
    [InlineData("1m", 60)]
    [InlineData("1M", 60)]
    [InlineData("2m", null)]
    [InlineData("1h", null)]
    [InlineData("7d", null)]
    [InlineData("s", null)]
    [InlineData("1w", null)]
    [InlineData("-1s", null)]
    public void Bind_LongPollTimeout_IsOneToSixtySeconds(string text, int? seconds)
    {
        var options = new EventClusterOptions();
        var faults = Bind("EventCluster:LongPoll:Timeout", text, options);
        if (seconds is { } expected)
        {
            Assert.Empty(faults);
            Assert.Equal(TimeSpan.FromSeconds(expected), options.LongPoll.Timeout);
        }
        else
        {
            Assert.Contains($"'{text}'", Assert.Single(faults), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("7d", 7 * 24 * 3600)]
    [InlineData("12h", 12 * 3600)]
    [InlineData("604800", 604_800)]
    public void Bind_RetentionAge_TakesDays(string text, int seconds)
    {
        var options = new EventClusterOptions();
        Assert.Empty(Bind("EventCluster:Retention:Age", text, options));
        Assert.Equal(TimeSpan.FromSeconds(seconds), options.Retention.Age);
    }

    private static IReadOnlyList<string> Bind(string key, string text, EventClusterOptions options) => OptionsBinder.Bind(
        new ConfigurationBuilder().AddInMemoryCollection([new(key, text)]).Build(), options);
}
