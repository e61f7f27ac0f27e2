using System.Diagnostics;
using EventCluster.Benchmarks.Running;

namespace EventCluster.Benchmarks.Store;

/// <summary>Time to open a store with a large live index, and with ten times as much trimmed history behind it.</summary>
public sealed class StartUpBenchmark : IBenchmark
{
    private const int WritersAtOnce = 256;
    private const int EventBytes = 16;

    /// <inheritdoc />
    public string Name => "startup";

    /// <inheritdoc />
    public string Summary => "seconds to open 10 million events in 10,000 streams, and with 10 times as much trimmed history";

    /// <inheritdoc />
    public async Task RunAsync(BenchmarkContext context)
    {
        var settings = context.Settings;
        var streams = settings.Size("streams", 10_000, 50);
        var events = settings.Size("events", 10_000_000, 5_000) / streams;
        var perBlock = settings.Size("events-per-block", 1, 1);
        var live = await MeasureAsync(context, "live only", streams, events, 0, perBlock);
        var history = await MeasureAsync(context, "with 10 x trimmed history", streams, events, events * 10, perBlock);
        context.Report.Note($"{streams:#,0} streams of {events:#,0} live events in blocks of {perBlock}; trimmed history makes opening "
            + $"{history / live:0.00} times as long (aim 1.25); aim for live only 5 s.");
    }

    private static async Task<double> MeasureAsync(
        BenchmarkContext context, string label, int streams, int live, int trimmed, int perBlock)
    {
        await using var store = await TemporaryStore.OpenAsync(context.Settings);
        var done = 0;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, streams),
            new ParallelOptions { MaxDegreeOfParallelism = WritersAtOnce, CancellationToken = context.CancellationToken },
            async (i, _) =>
            {
                await FillAsync(store, $"startup/{i}", live, trimmed, perBlock);
                if (Interlocked.Increment(ref done) % 100 == 0)
                {
                    BenchmarkContext.Progress($"{label}: filled {done} of {streams} streams");
                }
            });
        await store.ReopenAsync(context.Settings);
        var medians = await context.MeasureAsync(label, async _ =>
        {
            await store.Store.DisposeAsync();
            var start = Stopwatch.GetTimestamp();
            await store.ReopenAsync(context.Settings);
            return [new("seconds", Stopwatch.GetElapsedTime(start).TotalSeconds), new("data MB", MegabytesOf(store.DataPath))];
        });
        return medians["seconds"];
    }

    private static async Task FillAsync(TemporaryStore store, string name, int live, int trimmed, int perBlock)
    {
        // History goes in larger blocks: what is gone costs the index nothing, whatever its blocks were.
        const int historyBlock = 1000;
        var writer = await StoreWriter.CreateAsync(store.Store, name, new byte[EventBytes]);
        for (var left = trimmed; left > 0; left -= historyBlock)
        {
            await writer.AppendAsync(Math.Min(left, historyBlock));
        }

        if (trimmed > 0)
        {
            await writer.TrimToAsync(0);
        }

        for (var left = live; left > 0; left -= perBlock)
        {
            await writer.AppendAsync(Math.Min(left, perBlock));
        }
    }

    private static double MegabytesOf(string folder) =>
        new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length) / 1e6;
}
