using System.Collections.Concurrent;
using EventCluster.Edge.Tests.Server;
using EventCluster.Edge.Tests.Transports;

namespace EventCluster.Edge.Tests.Incarnations;

/// <summary>
/// Goal: no reader of any transport ever sees an event of a life of its stream that is not its own (CORRECTNESS rule 22).
/// Method: seeded rounds (<see cref="IncarnationRound"/>), many at a time, over one edge with real connections. More of them:
/// <c>tests/soak.sh incarnations --runs N --seed N</c>, where <c>--runs 1</c> with a printed seed repeats that round.
/// </summary>
public sealed class IncarnationTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Rounds_StreamGetsAnotherLifeUnderReaders_NoEventOfAnotherLifeIsSeen()
    {
        var options = IncarnationOptions.FromEnvironment();
        await using var server = await EdgeServer.StartAsync(clock: TimeProvider.System);
        await server.StreamAsync(Clients.Companion, "application/json");
        using var http = new HttpClient();
        var faults = new ConcurrentQueue<string>();
        var (passed, failed) = (0, 0);
        await Parallel.ForEachAsync(
            Enumerable.Range(options.Seed, options.Rounds),
            new ParallelOptions
            {
                MaxDegreeOfParallelism = IncarnationOptions.Parallel,
                CancellationToken = TestContext.Current.CancellationToken,
            },
            async (seed, cancel) =>
            {
                var round = new IncarnationRound(server, http, seed, cancel);
                string? fault;
                try
                {
                    fault = await round.RunAsync();
                }
                catch (Exception e) when (!cancel.IsCancellationRequested)
                {
                    fault = e.ToString();
                }

                if (fault is not null)
                {
                    Interlocked.Increment(ref failed);
                    faults.Enqueue($"{round.Plan}: {fault}");
                }
                else if (Interlocked.Increment(ref passed) % IncarnationOptions.ProgressEvery == 0)
                {
                    output.WriteLine($"{passed} of {options.Rounds} rounds passed, {Volatile.Read(ref failed)} failed");
                }
            });
        foreach (var fault in faults.Take(10))
        {
            output.WriteLine(fault);
        }

        output.WriteLine($"incarnations: {passed} passed, {failed} failed");
        Assert.True(faults.IsEmpty, string.Join("\n\n", faults.Take(10)));
        Assert.Equal(options.Rounds, passed);
    }
}
