using EventCluster.Benchmarks.Generator;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.Compare;

/// <summary>
/// Two sides under the same load in turn. Each round has fresh servers, because two processes of one program differ too; both
/// run beside each other, and a row is put on one, then on the other, in the other order the next time.
/// </summary>
/// <param name="before">The old side.</param>
/// <param name="after">The new side.</param>
/// <param name="least">Rounds of each row.</param>
/// <param name="most">Rounds of a row that stays inconclusive, at most.</param>
public sealed class Comparison(ICompareSide before, ICompareSide after, int least, int most)
{
    /// <summary>Complete rounds from which on a row is judged when the run is ended early.</summary>
    private const int RoundsToJudge = 3;

    /// <summary>
    /// Runs rounds until nothing is inconclusive, the limit is reached, or the user ends it: then the rounds before count, if they are
    /// enough to say how far they scatter.
    /// </summary>
    /// <param name="context">The settings of a round.</param>
    /// <param name="rows">What is compared.</param>
    /// <param name="warm">Brings a server that was just started to its usual speed.</param>
    public async Task<IReadOnlyList<RowResult>> RunAsync(
        BenchmarkContext context, IReadOnlyList<CompareRow> rows, Func<BenchmarkContext, Subject, Task> warm)
    {
        var results = rows.Select(row => new RowResult(row)).ToArray();
        for (var round = 1; results.Where(result => result.NeedsMore(least, most)).ToArray() is { Length: > 0 } due; round++)
        {
            try
            {
                await LoadLoop.RunAsync(() => RoundAsync(context, due, round, warm));
            }
            catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested && round > RoundsToJudge)
            {
                BenchmarkContext.Progress($"ended early, in round {round}");
                break;
            }
        }

        BenchmarkContext.Progress("");
        return results;
    }

    private async Task RoundAsync(BenchmarkContext context, RowResult[] due, int round, Func<BenchmarkContext, Subject, Task> warm)
    {
        var servers = new List<(ICompareSide Side, Subject Subject)>();
        try
        {
            if (Array.Exists(due, result => result.Row.OnRunning is not null))
            {
                foreach (var side in (ICompareSide[])[before, after])
                {
                    BenchmarkContext.Progress($"round {round}: starting the {side.Name} server");
                    servers.Add((side, await side.StartAsync(null, context.CancellationToken)));
                    await warm(context, servers[^1].Subject);
                }
            }

            foreach (var result in due)
            {
                // Whoever comes first meets the machine as the row before left it.
                ICompareSide[] order = round % 2 == 1 ? [before, after] : [after, before];
                var first = await MeasureAsync(context, result, order[0], servers, round);
                var second = await MeasureAsync(context, result, order[1], servers, round);
                result.Add(order[0] == before ? first : second, order[0] == before ? second : first);
            }
        }
        finally
        {
            foreach (var (_, subject) in servers)
            {
                await subject.DisposeAsync();
            }
        }
    }

    private async Task<IReadOnlyList<Figure>> MeasureAsync(
        BenchmarkContext context, RowResult result, ICompareSide side, List<(ICompareSide Side, Subject Subject)> servers, int round)
    {
        context.CancellationToken.ThrowIfCancellationRequested();
        BenchmarkContext.Progress($"round {round} of {(round <= least ? least : most)}: {result.Row.Key}, {side.Name}");
        var figures = result.Row.OnFresh is { } onFresh
            ? await onFresh(context, side)
            : await result.Row.OnRunning!(context, servers.Single(each => each.Side == side).Subject);

        // What one round leaves behind is not the next one's.
        GC.Collect();
        return figures;
    }
}
