using EventCluster.Benchmarks.Http;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.Wire;

/// <summary>What each transport costs on the wire, and how fast it delivers, on a good network and on a bad one.</summary>
public sealed class WireBenchmark : IBenchmark
{
    /// <inheritdoc />
    public string Name => "wire";

    /// <inheritdoc />
    public string Summary => "bytes, packets and latency per delivered event for each transport at 1, 10, 1,000 events/s and idle; also over a slow network";

    /// <inheritdoc />
    public async Task RunAsync(BenchmarkContext context)
    {
        await using var subject = await EventClusterSubject.StartAsync(context);
        foreach (var network in (DelayProfile?[])[null, DelayProfile.Mobile])
        {
            if (!context.Settings.Wants(network is null ? "direct" : "mobile"))
            {
                continue;
            }

            foreach (var rate in context.Settings.Tiny ? [20] : (int[])[1, 10, 1_000, 0])
            {
                if (context.Settings.Wants($"{rate}"))
                {
                    await MeasureAsync(context, new WireRun(context, subject, network, rate));
                }
            }
        }

        context.Report.Note($"{Payloads.EventBytes}-byte JSON events, appended one at a time and flushed; requests carry a browser's headers and a "
            + "2 KB cookie; clear text. Up is from the client. Packets are TCP segments of at most 1,448 bytes from TCP_INFO, acknowledgements "
            + $"included; \"wire bytes\" adds {WireCost.PacketHeaderBytes} bytes of IP and TCP headers to each. Latency: from when an append was due "
            + "until the client has the event.");
        context.Report.Note("mobile: 100 ms round trip, 1 % of segments 300 ms late; what follows a late segment waits for it; connections are open already.");
    }

    private static async Task MeasureAsync(BenchmarkContext context, WireRun run)
    {
        // Up to 10 events/s all transports run at once, their events spread evenly in time; at 1,000 one after the other.
        var groups = run.PerSecond > 100 ? WireTransport.All.Select(t => (WireTransport[])[t]).ToArray() : [[.. WireTransport.All]];
        foreach (var group in groups)
        {
            BenchmarkContext.Progress($"{run.Label}: {string.Join(", ", group.Select(t => t.Name))}");
            foreach (var (transport, figures) in await run.MeasureAsync(group))
            {
                context.Report.Add($"{run.Label}: {transport.Name}", [figures]);
            }
        }
    }
}
