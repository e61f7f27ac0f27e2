using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Generator;
using EventCluster.Benchmarks.Http;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.FanOut;

/// <summary>W1, W2, W5 and W6 over EventSource, WebSocket, SignalR and HTTP/2 with TLS; each round on a fresh server.</summary>
public sealed class FanOutBenchmark : IBenchmark
{
    /// <inheritdoc />
    public string Name => "fanout";

    /// <inheritdoc />
    public string Summary => "live readers: maximum rate, 100 events/s, 1,000 streams, 5,000 reconnects at once, bytes per idle reader";

    /// <inheritdoc />
    public async Task RunAsync(BenchmarkContext context)
    {
        foreach (var workload in Workload.All(context.Settings).Where(w => context.Settings.Wants(w.Key)))
        {
            await context.AlternateAsync([.. Transports(workload).Where(t => context.Settings.Wants(t.Key, "transports"))
                .Select(t => ($"{workload.Label}, {t.Key}", Round(context, workload, t.Transport)))]);
        }

        context.Report.Note($"{Payloads.EventBytes}-byte events, flushed before the ack; HTTP/1.1 without TLS unless said otherwise; "
            + "order, gaps and duplicates checked at every reader.");
    }

    private static IEnumerable<(string Key, Func<EventClusterSubject, LiveTransport> Transport)> Transports(Workload workload)
    {
        yield return ("EventSource", subject => subject.EventSource);
        yield return ("WebSocket", subject => subject.WebSocket);
        if (workload.Key is "w1" or "w2" or "w5")
        {
            yield return ("SignalR", subject => subject.SignalR);
        }

        if (workload.Key is "w1" or "w5")
        {
            yield return ("HTTP/2 TLS", subject => subject.Http2);
        }
    }

    private static Func<int, Task<IReadOnlyList<Figure>>> Round(
        BenchmarkContext context, Workload workload, Func<EventClusterSubject, LiveTransport> transport) => _ => LoadLoop.RunAsync(async () =>
    {
        await using var subject = await EventClusterSubject.StartAsync(context);
        return await workload.RunAsync(context, subject, transport(subject));
    });
}
