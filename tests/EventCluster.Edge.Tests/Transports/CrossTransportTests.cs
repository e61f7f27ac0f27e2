using System.Collections.Concurrent;
using EventCluster.TestKit.Network;

namespace EventCluster.Edge.Tests.Transports;

/// <summary>
/// Goal: a client may change its transport whenever it reconnects, on the worst network, and sees each event once, in order;
/// the server lets go of every connection that died. Method: seeded runs (<see cref="CrossTransportRun"/>). More of them:
/// <c>tests/soak.sh transports --runs N --seed N</c>, where <c>--runs 1</c> with a printed seed repeats that run.
/// </summary>
public sealed class CrossTransportTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Runs_WithATransportByChanceAfterEachCut_SeeEachEventOnceInOrder()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Black holes are made with a packet filter of Linux.");
        var options = CrossTransportOptions.FromEnvironment();
        var (reports, faults) = (new ConcurrentDictionary<int, string>(), new ConcurrentQueue<string>());
        await Parallel.ForEachAsync(
            Enumerable.Range(options.Seed, options.Runs),
            new ParallelOptions
            {
                MaxDegreeOfParallelism = CrossTransportOptions.Parallel,
                CancellationToken = TestContext.Current.CancellationToken,
            },
            async (seed, cancel) =>
            {
                var run = new CrossTransportRun(seed, cancel);
                try
                {
                    reports[seed] = await run.RunAsync();
                }
                catch (Exception e) when (e is not OperationCanceledException || !cancel.IsCancellationRequested)
                {
                    faults.Enqueue($"seed {seed}: {e}\n{run.Report}");
                }
            });
        foreach (var report in reports.OrderBy(r => r.Key))
        {
            output.WriteLine(report.Value);
        }

        Assert.True(faults.IsEmpty, string.Join("\n\n", faults));
        Assert.Equal(options.Runs, reports.Count);
    }

    [Fact]
    public void Draw_ASeedTwice_IsTheSamePlan()
    {
        string[] Plans(int seed) => [.. Enumerable.Range(0, 50).Select(i => FaultPlan.Draw(seed, i).ToString())];
        Assert.Equal(Plans(7), Plans(7));
        Assert.NotEqual(Plans(7), Plans(8));
        var drawn = Enumerable.Range(0, 200).Select(i => FaultPlan.Draw(1, i)).ToList();
        Assert.Equal(4, drawn.SelectMany(p => p.Steps).Select(s => s.Kind).Distinct().Count());
        Assert.InRange(drawn.Select(p => p.Source).Distinct().Count(), 50, 253);
    }
}
