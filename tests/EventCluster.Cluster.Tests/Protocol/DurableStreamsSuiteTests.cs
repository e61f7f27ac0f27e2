using System.Diagnostics;
using System.Text.RegularExpressions;
using EventCluster.Cluster.Tests.Servers;
using EventCluster.TestKit.Servers;

namespace EventCluster.Cluster.Tests.Protocol;

/// <summary>The published conformance suite of Durable Streams, from npm, against an edge.</summary>
public sealed partial class DurableStreamsSuiteTests(SharedCluster cluster, ITestOutputHelper output)
{
    /// <summary>A hang guard: the suite takes about a minute, most of it waiting for expiry.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>Tests of the suite, without subscriptions.</summary>
    private const int Tests = 332;

    /// <summary>Tests of subscriptions, which the suite skips when they are off.</summary>
    private const int Subscriptions = 6;

    [Fact]
    public async Task Suite_AgainstAnEdge_PassesWhole()
    {
        var edge = (await cluster.EdgesAsync())[0];
        using var run = Process.Start(new ProcessStartInfo(
            "bash", [Path.Combine(ServerFiles.Repository, "tests", "protocol", "run.sh"), "--url", edge.ToString().TrimEnd('/')])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        run.StandardInput.Close();
        var errors = run.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string log;
        try
        {
            log = await run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TimeProvider.System, TestContext.Current.CancellationToken);
        }
        finally
        {
            run.Kill(entireProcessTree: true);
        }

        var count = CountPattern().Matches(log).LastOrDefault()?.Value ?? "no count";
        output.WriteLine(count);
        Assert.SkipWhen(count == "0 passed, 0 failed, 1 skipped", "Node.js is not installed here.");
        Assert.True(count == $"{Tests} passed, 0 failed, {Subscriptions} skipped", log + await errors);
    }

    [GeneratedRegex(@"^\d+ passed, \d+ failed, \d+ skipped$", RegexOptions.Multiline)]
    private static partial Regex CountPattern();
}
