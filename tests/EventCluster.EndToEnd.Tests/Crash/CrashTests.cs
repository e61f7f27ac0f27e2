using EventCluster.TestKit.History;
using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.EndToEnd.Tests.Crash;

/// <summary>
/// Goal: no acknowledged event is lost, duplicated or reordered by <c>kill -9</c>, and no reader sees a gap. Method: 8
/// idempotent producers write to 50 streams while SSE, long-poll and GET readers follow; the server is killed in the
/// middle of it and started again; the history of what everybody saw is checked. Longer: <c>tests/soak.sh crash</c>.
/// </summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Kill_WithProducersAndReaders_LosesAndRepeatsNothing()
    {
        var options = CrashOptions.FromEnvironment();
        await using var server = await ServerProcess.StartAsync(TestContext.Current.CancellationToken);
        using var run = new CrashRun(options, server);
        try
        {
            await run.RunAsync(TestContext.Current.CancellationToken);
        }
        catch
        {
            output.WriteLine(server.Output);
            throw;
        }

        var entries = run.History.Entries;
        output.WriteLine($"seed {options.Seed}: {options.Kills} kills, {run.Acknowledged} appends acknowledged, "
            + $"{entries.Count(e => e.Kind == HistoryEntryKind.Observe)} events observed");
        Assert.Empty(HistoryChecker.Check(entries));
    }
}
