using EventCluster.Edge;
using EventCluster.Hosting.Configuration;
using Xunit;

namespace EventCluster.Hosting.Tests.Configuration;

public sealed class ConfigurationSourcesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("eventcluster-configuration-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Build_FileAndCommandLine_CommandLineWins()
    {
        File.WriteAllText(
            Path.Combine(_folder, "appsettings.json"),
            """{ "Logging": { "x": 1 }, "EventCluster": { "Caching": "public", "LongPoll": { "Timeout": 5 }, "Cors": { "AllowedOrigins": ["https://a.example"] } } }""");
        var options = new EventClusterOptions();

        var faults = OptionsBinder.Bind(
            ConfigurationSources.Build(_folder, new Dictionary<string, string?> { ["EventCluster:LongPoll:Timeout"] = "6" }), options);

        Assert.Empty(faults);
        Assert.Equal(CachePolicy.Public, options.Caching);
        Assert.Equal(TimeSpan.FromSeconds(6), options.LongPoll.Timeout);
        Assert.Equal(["https://a.example"], options.Cors.AllowedOrigins);
    }

    [Fact]
    public void Build_FileThatIsNotJson_Throws()
    {
        File.WriteAllText(Path.Combine(_folder, "appsettings.json"), "{ not json");

        Assert.Throws<InvalidDataException>(() => ConfigurationSources.Build(_folder, new Dictionary<string, string?>()));
    }
}
