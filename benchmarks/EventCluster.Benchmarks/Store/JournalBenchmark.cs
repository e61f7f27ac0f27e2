using EventCluster.Benchmarks.Http;
using EventCluster.Benchmarks.Running;

namespace EventCluster.Benchmarks.Store;

/// <summary>The lowest rung: commits per second into the embedded store's journal, flushed, by how many arrive at once.</summary>
public sealed class JournalBenchmark : IBenchmark
{
    /// <inheritdoc />
    public string Name => "journal";

    /// <inheritdoc />
    public string Summary => "flushed commits per second into the journal at 1, 16, 128 and 1,024 at once";

    /// <inheritdoc />
    public async Task RunAsync(BenchmarkContext context)
    {
        foreach (var atOnce in new[] { 1, 16, 128, context.Settings.Size("most", 1024, 256) })
        {
            await MeasureAsync(context, atOnce);
        }

        context.Report.Note($"{Payloads.EventBytes}-byte events, one per commit, each commit of another stream.");
    }

    /// <summary>Measures one case; also the ceiling that the next rung prints.</summary>
    public static async Task<double> MeasureAsync(BenchmarkContext context, int atOnce)
    {
        await using var store = await TemporaryStore.OpenAsync(context.Settings);
        var writers = new StoreWriter[atOnce];
        for (var i = 0; i < atOnce; i++)
        {
            writers[i] = await StoreWriter.CreateAsync(store.Store, $"journal/{i}", Payloads.Event(0));
        }

        var medians = await context.MeasureAsync($"journal, {atOnce} at once", _ => ClosedLoop.RunAsync(
            atOnce, context.Settings.Round, caller => new ValueTask(writers[caller].AppendAsync(1))));
        return medians["per second"];
    }
}
