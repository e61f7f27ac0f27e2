using EventCluster.Abstractions.Store;
using EventCluster.Benchmarks.Running;
using EventCluster.Protocol;

namespace EventCluster.Benchmarks.Store;

/// <summary>Pages of the catalogue per second with many streams.</summary>
public sealed class ListBenchmark : IBenchmark
{
    private const int PageSize = 1000;

    /// <inheritdoc />
    public string Name => "list";

    /// <inheritdoc />
    public string Summary => "streams listed per second, in pages of 1,000, out of 100,000";

    /// <inheritdoc />
    public async Task RunAsync(BenchmarkContext context)
    {
        var streams = context.Settings.Size("streams", 100_000, 2_000);
        await using var store = await TemporaryStore.OpenAsync(context.Settings);
        BenchmarkContext.Progress($"creating {streams} streams");
        await Parallel.ForEachAsync(
            Enumerable.Range(0, streams),
            new ParallelOptions { MaxDegreeOfParallelism = 256, CancellationToken = context.CancellationToken },
            async (i, _) => await StoreWriter.CreateAsync(store.Store, $"list/{i:D8}", default));
        var (listed, after) = (0L, (StreamName?)null);
        await context.MeasureAsync($"list, {streams} streams", async _ =>
        {
            var before = listed;
            var figures = await ClosedLoop.RunAsync(1, context.Settings.Round, async _ =>
            {
                var page = await store.Store.ListAsync("list/", after, PageSize, CancellationToken.None);
                Check(page, after);
                listed += page.Count;
                after = page.Count < PageSize ? null : page[^1].Name;
            });
            return [new("pages/s", figures[0].Value), new("page p99 ms", figures[2].Value), new("streams seen", listed - before)];
        });
    }

    private static void Check(IReadOnlyList<StoredHead> page, StreamName? after)
    {
        var last = after?.Value;
        foreach (var head in page)
        {
            if (string.CompareOrdinal(last, head.Name.Value) >= 0)
            {
                throw new InvalidDataException($"'{head.Name}' is listed after '{last}'.");
            }

            last = head.Name.Value;
        }
    }
}
