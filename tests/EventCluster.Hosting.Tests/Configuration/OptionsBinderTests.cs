using EventCluster.Edge;
using EventCluster.Hosting.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EventCluster.Hosting.Tests.Configuration;

public sealed class OptionsBinderTests
{
    [Fact]
    public void Bind_EveryOptionWithItsDefaultAsText_GivesTheDefaultsBack()
    {
        var defaults = new EventClusterOptions();
        var options = new EventClusterOptions();
        var texts = OptionCatalog.All.ToDictionary(entry => entry.Key, entry => (string?)Format(entry.Get(defaults)));

        var faults = OptionsBinder.Bind(From(texts), options);

        Assert.Empty(faults);
        Assert.All(OptionCatalog.All, entry => Assert.Equal(entry.Get(defaults), entry.Get(options)));
    }

    [Fact]
    public void Bind_ValuesOfEveryKind_AreRead()
    {
        var options = new EventClusterOptions();

        var faults = OptionsBinder.Bind(
            From(new()
            {
                ["EventCluster:Caching"] = "no-store",
                ["EventCluster:Store"] = "Memory",
                ["EventCluster:LogLevel"] = "warning",
                ["EventCluster:AllowUnauthenticated"] = "True",
                ["EventCluster:LongPoll:Timeout"] = "4",
                ["EventCluster:Sse:Retry"] = "0.25",
                ["EventCluster:Retention:Bytes"] = "5000000000",
                ["EventCluster:Cors:AllowedOrigins:0"] = "https://a.example",
                ["EventCluster:Cors:AllowedOrigins:1"] = "https://b.example",
                ["EventCluster:AllowedHosts"] = "a.example, b.example",
            }),
            options);

        Assert.Empty(faults);
        Assert.Equal(CachePolicy.NoStore, options.Caching);
        Assert.Equal(StoreKind.Memory, options.Store);
        Assert.Equal(LogLevel.Warning, options.LogLevel);
        Assert.True(options.AllowUnauthenticated);
        Assert.Equal(TimeSpan.FromSeconds(4), options.LongPoll.Timeout);
        Assert.Equal(TimeSpan.FromMilliseconds(250), options.Sse.Retry);
        Assert.Equal(5_000_000_000, options.Retention.Bytes);
        Assert.Equal(["https://a.example", "https://b.example"], options.Cors.AllowedOrigins);
        Assert.Equal(["a.example", "b.example"], options.AllowedHosts);
    }

    [Fact]
    public void Bind_ManyMistakes_AreReportedTogether()
    {
        var faults = OptionsBinder.Bind(
            From(new()
            {
                ["EventCluster:Cashing"] = "public",
                ["EventCluster:LongPoll:Timout"] = "4",
                ["EventCluster:LongPoll:Timeout"] = "61",
                ["EventCluster:Store"] = "Tape",
                ["EventCluster:LocalDisk:Flush"] = "maybe",
                ["EventCluster:Limits:Streams"] = "99999999999999999999",
            }),
            new EventClusterOptions());

        Assert.Equal(6, faults.Count);
        Assert.Contains("unknown option 'EventCluster:Cashing'; did you mean 'EventCluster:Caching'?", faults);
        Assert.Contains("unknown option 'EventCluster:LongPoll:Timout'; did you mean 'EventCluster:LongPoll:Timeout'?", faults);
        Assert.Contains("'EventCluster:LongPoll:Timeout' cannot be '61'; accepted: 1 to 60 (seconds)", faults);
        Assert.Contains("'EventCluster:Store' cannot be 'Tape'; accepted: local-disk|memory|postgresql|azure-tables", faults);
        Assert.Contains("'EventCluster:LocalDisk:Flush' cannot be 'maybe'; accepted: true|false", faults);
        Assert.Contains("'EventCluster:Limits:Streams' cannot be '99999999999999999999'; accepted: 1 to 1,000,000 (streams)", faults);
    }

    [Fact]
    public void Bind_NumbersAtAndBeyondTheirBounds_AreAcceptedAndRefused()
    {
        var bounded = OptionCatalog.All.Where(entry => entry.ValueType == typeof(int)).ToList();

        Assert.NotEmpty(bounded);
        foreach (var entry in bounded)
        {
            Assert.Empty(BindOne(entry.Key, (long)entry.Info.Minimum));
            Assert.Single(BindOne(entry.Key, (long)entry.Info.Minimum - 1));
            Assert.Empty(BindOne(entry.Key, (long)entry.Info.Maximum));
            Assert.Single(BindOne(entry.Key, (long)entry.Info.Maximum + 1));
        }
    }

    private static IReadOnlyList<string> BindOne(string key, long value) =>
        OptionsBinder.Bind(From(new() { [key] = $"{value}" }), new EventClusterOptions());

    private static IConfigurationRoot From(Dictionary<string, string?> values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values).Build();

    private static string Format(object? value) =>
        value is string || OptionText.Format(value) is { Length: > 0 } ? OptionText.Format(value) : ",";
}
