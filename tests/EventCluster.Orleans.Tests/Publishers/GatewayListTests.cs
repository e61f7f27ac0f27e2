using System.Net;
using System.Net.Sockets;
using EventCluster.Orleans.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Orleans.Tests.Publishers;

public sealed class GatewayListTests
{
    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1", 30_000)]
    [InlineData("10.0.0.1:31000", "10.0.0.1", 31_000)]
    [InlineData(" gateways.eventcluster.svc:1 ", "gateways.eventcluster.svc", 1)]
    [InlineData("localhost", "localhost", 30_000)]
    [InlineData("fd00::2", "fd00::2", 30_000)]
    [InlineData("[fd00::2]:4", "fd00::2", 4)]
    public void Address_IsRead(string text, string host, int port) => Assert.Equal(new GatewayAddress(host, port), GatewayAddress.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:x")]
    [InlineData("host name")]
    [InlineData("http://host")]
    public void Address_ThatIsNone_IsRefusedAndSaysWhatIsAccepted(string text) =>
        Assert.Contains("accepted: HOST or HOST:PORT", Assert.Throws<FormatException>(() => GatewayAddress.Parse(text)).Message, StringComparison.Ordinal);

    /// <summary>Goal: what a name stands for is followed, and a look-up that fails keeps the last answer.</summary>
    [Fact]
    public async Task Name_StandsForOthersLater_IsFollowed()
    {
        IPAddress[]? answer = [IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2")];
        var list = new GatewayList(
            [GatewayAddress.Parse("gateways:7"), GatewayAddress.Parse("10.0.0.2:7"), GatewayAddress.Parse("10.0.0.9")],
            (_, _) => answer is null ? throw new SocketException((int)SocketError.HostNotFound) : Task.FromResult(answer),
            NullLogger<GatewayList>.Instance);
        Assert.True(list.IsUpdatable);

        Assert.Equal(["10.0.0.1:7", "10.0.0.2:7", "10.0.0.9:30000"], await FoundAsync(list));
        answer = [IPAddress.Parse("10.0.0.3")];
        Assert.Equal(["10.0.0.3:7", "10.0.0.2:7", "10.0.0.9:30000"], await FoundAsync(list));
        answer = null;
        Assert.Equal(["10.0.0.3:7", "10.0.0.2:7", "10.0.0.9:30000"], await FoundAsync(list));
        answer = [.. Enumerable.Range(0, 1000).Select(i => new IPAddress([10, 1, (byte)(i >> 8), (byte)i]))];
        Assert.Equal(GatewayList.MaxGateways, (await FoundAsync(list)).Count);
    }

    [Theory]
    [InlineData("EventCluster:Cluster:Secret", "canary")]
    [InlineData("EventCluster:Cluster:SecretFile", "/nowhere/secret")]
    [InlineData("EventCluster:Cluster:Tls:CertificatePath", "/nowhere/certificate")]
    public void Configuration_ThatCannotBeUsed_IsRefusedWithoutTheSecret(string key, string value)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [key] = value }).Build();

        var fault = Assert.Throws<InvalidOperationException>(() => ClientSettings.Read(configuration, new EventClusterClientOptions()));

        Assert.Contains("EventCluster:Cluster", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", fault.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EventCluster:Cluster:Gateways", "a:1, b")]
    [InlineData("EventCluster:Cluster:Gateways:0", "a:1;b")]
    public void Configuration_GatewaysAsOneValueOrSeveral_AreRead(string key, string value)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [key] = value }).Build();
        var options = new EventClusterClientOptions();

        ClientSettings.Read(configuration, options);

        Assert.Equal(["a:1", "b"], options.Gateways);
    }

    private static async Task<IReadOnlyList<string>> FoundAsync(GatewayList list) =>
        [.. (await list.GetGateways()).Select(static uri => $"{uri.Host}:{uri.Port}")];
}
