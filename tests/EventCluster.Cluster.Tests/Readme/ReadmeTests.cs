using System.Text.RegularExpressions;
using EventCluster.Cluster.Tests.Servers;
using EventCluster.TestKit.Servers;

namespace EventCluster.Cluster.Tests.Readme;

/// <summary>
/// Goal: the README's curl lines do the same on a cluster, through the load balancer and at either edge. Method: they are run
/// in their order; outputs are compared, but for the incarnation, which counts the streams of the whole cluster.
/// </summary>
public sealed partial class ReadmeTests(SharedCluster cluster)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("load balancer")]
    [InlineData("edge 1")]
    [InlineData("edge 2")]
    public async Task Readme_CurlLines_PrintWhatItSays(string where)
    {
        var readme = await ReadmeBlocks.ReadAsync(Token);
        var server = where == "load balancer" ? cluster.Url : (await cluster.EdgesAsync())[where[^1] - '1'];
        Task<string> RunAsync(string command) => ReadmeBlocks.RunAsync(command, ReadmeBlocks.Node, server, Token);

        var create = await RunAsync(readme.Shell[1]);
        var backlog = await RunAsync(readme.Shell[2]);
        var append = await RunAsync(readme.Shell[3]);
        var afterwards = await RunAsync(readme.Shell[5]);
        var delete = await RunAsync($"curl -X DELETE {ReadmeBlocks.Node}/v1/stream/orders");

        Assert.Equal("", create);
        Assert.Equal(Normal(readme.Outputs[0]), Normal(backlog));
        Assert.Equal("", append);
        Assert.Equal(readme.Outputs[1].TrimEnd('\n'), afterwards);
        Assert.Equal("", delete);
    }

    [Fact]
    public async Task Readme_BlockAboutClusters_PrintsWhatItSays()
    {
        var readme = await ReadmeBlocks.ReadAsync(Token);
        Assert.Equal("infra/local-cluster.sh up\n", readme.Shell[6]);

        var output = await ReadmeBlocks.RunAsync(readme.Shell[7], "http://127.0.0.1:14400", cluster.Url, Token);
        await ReadmeBlocks.RunAsync($"curl -X DELETE {ReadmeBlocks.Node}/v1/stream/orders", ReadmeBlocks.Node, cluster.Url, Token);

        Assert.Equal(readme.Outputs[2].TrimEnd('\n'), output);
    }

    private static string Normal(string output) => IdPattern().Replace(ReadmeBlocks.WithoutDelay(output), "id: ");

    [GeneratedRegex("id: [0-9a-v]{7}")]
    private static partial Regex IdPattern();
}
