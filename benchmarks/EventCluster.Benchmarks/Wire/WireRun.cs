using System.Diagnostics;
using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.Wire;

/// <summary>One rate on one network.</summary>
/// <param name="Context">The benchmark.</param>
/// <param name="Subject">The server.</param>
/// <param name="Network">Between client and server; null for none.</param>
/// <param name="PerSecond">Events per second to each client; 0 for none at all.</param>
public sealed record WireRun(BenchmarkContext Context, EventClusterSubject Subject, DelayProfile? Network, int PerSecond)
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);

    private static int _streams;

    /// <summary>In the table.</summary>
    public string Label => $"{(Network is null ? "direct" : "mobile")}, {(PerSecond == 0 ? "idle" : $"{PerSecond}/s")}";

    /// <summary>Runs some transports at once.</summary>
    public async Task<IReadOnlyList<(WireTransport Transport, IReadOnlyList<Figure> Figures)>> MeasureAsync(WireTransport[] group)
    {
        var streams = group.Select(_ => $"wire/{Interlocked.Increment(ref _streams)}").ToArray();
        foreach (var stream in streams)
        {
            await Subject.CreateAsync(stream);
        }

        var publisher = new OpenLoopPublisher([.. streams.Select(Subject.AppendHead)], Math.Max(1, PerSecond) * group.Length, Subject.EndPoint);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Context.CancellationToken);
        var (proxies, lanes) = (new List<DelayProxy>(), new List<Lane>());
        try
        {
            for (var i = 0; i < group.Length; i++)
            {
                lanes.Add(await OpenAsync(group[i], i, streams[i], publisher, proxies, end.Token));
            }

            var running = Task.WhenAll(lanes.Select(lane => lane.Client.RunAsync(end.Token)));
            await (PerSecond == 0 ? RestAsync(running) : PublishAsync(publisher, lanes, running));
            lanes.ForEach(static lane => lane.After = lane.Client.Socket.Cost);
            await end.CancelAsync();
            await running.ContinueWith(static _ => { }, TaskScheduler.Default);
        }
        finally
        {
            lanes.ForEach(static lane => lane.Client.Dispose());
            foreach (var proxy in proxies)
            {
                await proxy.DisposeAsync();
            }
        }

        return [.. lanes.Select((lane, i) => (group[i], (IReadOnlyList<Figure>)Figures(lane)))];
    }

    private async Task<Lane> OpenAsync(
        WireTransport transport, int index, string stream, OpenLoopPublisher publisher, List<DelayProxy> proxies, CancellationToken cancellationToken)
    {
        var server = transport.ServerOf(Subject);
        var latencies = new LatencyHistogram();
        var scan = new EventScan(0, number => latencies.Record(Stopwatch.GetTimestamp() - publisher.DueAt(index, number)));
        var client = transport.NewClient(server, stream, scan);
        if (Network is not null)
        {
            proxies.Add(new DelayProxy(server, Network));
            server = proxies[^1].EndPoint;
        }

        await client.OpenAsync(server, cancellationToken);
        return new Lane(client, latencies, client.Socket.Cost);
    }

    private async Task RestAsync(Task running)
    {
        var rest = Task.Delay(TimeSpan.FromSeconds(Context.Settings.Size("idle-seconds", 60, 1)), TimeProvider.System);
        await await Task.WhenAny(rest, running);
    }

    private async Task PublishAsync(OpenLoopPublisher publisher, List<Lane> lanes, Task running)
    {
        // Enough events for a 99th percentile, within reason.
        var seconds = Context.Settings.Tiny ? 0.5 : Math.Clamp(Context.Settings.Seconds * 10 / PerSecond, Context.Settings.Seconds, Context.Settings.Seconds * 5);
        var events = Math.Max(2, (int)(seconds * PerSecond));
        await publisher.RunAsync(events, Context.CancellationToken);
        var start = Stopwatch.GetTimestamp();
        while (lanes.Exists(lane => lane.Client.Count < events))
        {
            if (running.IsCompleted || Stopwatch.GetElapsedTime(start) > HangGuard)
            {
                await running;
                throw new InvalidDataException("A client did not get all events.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        // The last acknowledgements of TCP may be delayed.
        await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
    }

    private List<Figure> Figures(Lane lane)
    {
        var used = lane.After - lane.Opened;
        var opening = lane.Opened;
        if (PerSecond == 0)
        {
            var minutes = Context.Settings.Size("idle-seconds", 60, 1) / 60.0;
            return
            [
                new("wire bytes/min", used.OnTheWire / minutes),
                new("up B/min", used.BytesUp / minutes),
                new("down B/min", used.BytesDown / minutes),
                new("packets up/min", used.PacketsUp / minutes),
                new("packets down/min", used.PacketsDown / minutes),
                new("to open, up B", opening.BytesUp),
                new("to open, down B", opening.BytesDown),
                new("to open, packets", opening.PacketsUp + opening.PacketsDown),
            ];
        }

        var each = 1.0 / lane.Client.Count;
        List<Figure> figures =
        [
            new("wire B/event", used.OnTheWire * each),
            new("up B/event", used.BytesUp * each),
            new("down B/event", used.BytesDown * each),
            new("packets up", used.PacketsUp * each),
            new("packets down", used.PacketsDown * each),
            new("p50 ms", Milliseconds(lane, 0.5)),
            new("p99 ms", Milliseconds(lane, 0.99)),
        ];
        if (Network is not null)
        {
            figures.Add(new("p50 trips", Milliseconds(lane, 0.5) / Network.RoundTrip.TotalMilliseconds));
            figures.Add(new("p99 trips", Milliseconds(lane, 0.99) / Network.RoundTrip.TotalMilliseconds));
        }

        return figures;
    }

    private static double Milliseconds(Lane lane, double share) => lane.Latencies.Percentile(share) * 1000.0 / Stopwatch.Frequency;

    private sealed record Lane(WireClient Client, LatencyHistogram Latencies, WireCost Opened)
    {
        /// <summary>What it had cost at the end.</summary>
        public WireCost After { get; set; }
    }
}
