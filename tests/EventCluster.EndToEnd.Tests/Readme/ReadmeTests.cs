using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.EndToEnd.Tests.Readme;

/// <summary>
/// Goal: what the README shows is what happens. Method: its shell blocks are run in their order against a real server,
/// its outputs are compared; only the address and the jittered delay differ. The cluster's tests run them, too.
/// </summary>
public sealed class ReadmeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Readme_CommandsRunInOrder_PrintWhatItSays()
    {
        var readme = await ReadmeBlocks.ReadAsync(Token);
        Assert.Equal("./run.sh\n", readme.Shell[0]);
        Assert.Equal("pkill -9 -f \"$PWD/src/EventCluster.Server/\"\n./run.sh\n", readme.Shell[4]);
        await using var server = await ServerProcess.StartAsync(Token);
        Task<string> RunAsync(string command) => ReadmeBlocks.RunAsync(command, ReadmeBlocks.Node, server.Url, Token);

        var create = await RunAsync(readme.Shell[1]);
        var backlog = await RunAsync(readme.Shell[2]);
        var append = await RunAsync(readme.Shell[3]);
        await server.KillAsync();
        await server.RestartAsync([], Token);
        var afterwards = await RunAsync(readme.Shell[5]);

        Assert.Equal("", create);
        Assert.Equal(ReadmeBlocks.WithoutDelay(readme.Outputs[0]), ReadmeBlocks.WithoutDelay(backlog));
        Assert.Equal("", append);
        Assert.Equal(readme.Outputs[1].TrimEnd('\n'), afterwards);
    }
}
