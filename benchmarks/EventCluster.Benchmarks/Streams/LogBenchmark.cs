using EventCluster.Abstractions.Streams;
using EventCluster.Benchmarks.Http;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Store;
using EventCluster.Core;
using EventCluster.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Benchmarks.Streams;

/// <summary>The middle rung: appends per second through the stream log, in this process, flushed by the embedded store.</summary>
public sealed class LogBenchmark : IBenchmark
{
    /// <inheritdoc />
    public string Name => "log";

    /// <inheritdoc />
    public string Summary => "flushed appends per second through the stream log at 1, 16, 64, 256 callers, one and 1,000 streams";

    /// <inheritdoc />
    public async Task RunAsync(BenchmarkContext context)
    {
        foreach (var streams in new[] { 1, context.Settings.Size("streams", 1000, 10) })
        {
            foreach (var callers in new[] { 1, 16, 64, 256 })
            {
                await MeasureAsync(context, callers, streams);
            }
        }

        var ceiling = await JournalBenchmark.MeasureAsync(context, 64);
        context.Report.Note($"ceiling of the rung below (journal, 64 at once): {ceiling:#,0} commits per second.");
    }

    /// <summary>Measures one case; also the ceiling that the next rung prints.</summary>
    public static async Task<double> MeasureAsync(BenchmarkContext context, int callers, int streams)
    {
        await using var store = await TemporaryStore.OpenAsync(context.Settings);
        await using var directory = new LocalStreamDirectory(
            store.Store, new LocalStreamDirectoryOptions(), TimeProvider.System, new Random(1), NullLogger<LocalStreamDirectory>.Instance);
        var handles = new IStreamHandle[streams];
        for (var i = 0; i < streams; i++)
        {
            handles[i] = directory.GetStream(StreamName.Parse($"log/{i}"));
            await handles[i].CreateAsync(new CreateRequest { ContentType = StreamContentType.Parse("application/json") }, CancellationToken.None);
        }

        var next = Enumerable.Range(0, callers).ToArray();
        var request = new AppendRequest { Events = [Payloads.Event(0)] };
        var medians = await context.MeasureAsync($"log, {callers,3} callers, {streams} stream(s)", _ => ClosedLoop.RunAsync(
            callers, context.Settings.Round, caller => AppendAsync(handles[next[caller]++ % streams], request)));
        return medians["per second"];
    }

    private static async ValueTask AppendAsync(IStreamHandle stream, AppendRequest request)
    {
        if (await stream.AppendAsync(request, CancellationToken.None) is not AppendOutcome.Appended)
        {
            throw new InvalidOperationException($"{stream.Name}: an append was refused.");
        }
    }
}
