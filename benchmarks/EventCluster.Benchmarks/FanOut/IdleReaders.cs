using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.FanOut;

/// <summary>W6: resident bytes per idle reader at 10,000.</summary>
public static class IdleReaders
{
    private const string Stream = "w6";
    private const int AtRestBytes = 256 * 1024;

    /// <summary>One round.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkContext context, Subject subject, LiveTransport transport)
    {
        var count = context.Settings.Size("idle", 10_000, 50);
        await subject.CreateAsync(Stream);
        var few = await Readers.ConnectAsync(subject, 50, _ => Reader(transport));
        var before = subject.Processes.ResidentBytes;
        var readers = await Readers.ConnectAsync(subject, count, _ => Reader(transport));

        // Until the server is at rest: what a connection needs only to begin is not counted.
        var (last, resident) = (long.MaxValue, subject.Processes.ResidentBytes);
        for (var i = 0; i < 20 && Math.Abs(last - resident) > AtRestBytes; i++)
        {
            await Task.Delay(context.Settings.Round, TimeProvider.System);
            (last, resident) = (resident, subject.Processes.ResidentBytes);
        }

        foreach (var reader in (LiveReader[])[.. few, .. readers])
        {
            reader.Dispose();
        }

        return [new("bytes each", Math.Max(1, resident - before) / (double)count), new("resident MB", resident / 1e6)];
    }

    private static LiveReader Reader(LiveTransport transport) => new(transport, Stream, 1024, new EventScan());
}
