using EventCluster.EndToEnd.Tests.Http;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.EndToEnd.Tests.SlowReaders;

/// <summary>A slow client costs a cursor, not a buffer.</summary>
public sealed class SlowReaderTests
{
    private const int Readers = 20;
    private const int EventBytes = 10_000;
    private const int EventsPerSecond = 100;

    /// <summary>
    /// What the kernel may hold for one reader: 64 KiB less the server's own buffer and slice
    /// (<c>EdgeLimits.ResponseBufferBytes</c>, <c>SlowSliceBytes</c>), whose bound has a test of its own.
    /// </summary>
    private const int MaxQueueBytes = (64 - 16 - 8) * 1024;

    private static readonly TimeSpan Load = TimeSpan.FromSeconds(10);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// Goal: 20 readers at 1 KB/s on a stream of 1 MB/s cost less than 64 KiB each, and each completes without a gap.
    /// Method: after ten seconds of load the kernel is asked what it holds; then the readers are let go.
    /// </summary>
    [Fact]
    public async Task Readers_FarSlowerThanTheStream_CostLittleAndCompleteWithoutAGap()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "What a connection holds is read from /proc/net/tcp.");
        await using var server = await ServerProcess.StartAsync(Token);
        using var client = new StreamClient(server.Url);
        await client.CreateAsync("slow", "text/plain", null, Token);
        var readers = Enumerable.Range(0, Readers).Select(_ => new SlowReader()).ToList();
        try
        {
            await Task.WhenAll(readers.Select(r => r.OpenAsync(new Uri(server.Url, "/v1/stream/slow?live=eventsource"), Token)));
            using var end = new CancellationTokenSource();
            var reading = readers.ConvertAll(reader => ReadSlowlyAsync(reader, end.Token));
            var events = await PublishAsync(client);

            var queues = KernelQueues.OfServer(server.Url.Port);
            Assert.All(readers, reader => Assert.InRange(queues[reader.Port], 1, MaxQueueBytes));

            await end.CancelAsync();
            await Phase.OfAsync("the slow part ends", Task.WhenAll(reading));
            Assert.All(readers, reader => Assert.InRange(reader.Sequence, 0, events / 4));
            await Phase.OfAsync("everybody completes", Task.WhenAll(readers.Select(r => r.ReadToAsync(events, Token))));
        }
        finally
        {
            readers.ForEach(reader => reader.Dispose());
        }
    }

    private static async Task<long> PublishAsync(StreamClient client)
    {
        var body = new string('x', EventBytes);
        var started = TimeProvider.System.GetTimestamp();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        var events = 0L;
        while (TimeProvider.System.GetElapsedTime(started) is var elapsed && elapsed < Load)
        {
            while (events < elapsed.TotalSeconds * EventsPerSecond)
            {
                await client.AppendAsync("slow", "text/plain", body, Token);
                events++;
            }

            await pace.WaitForNextTickAsync(Token);
        }

        return events;
    }

    private static async Task ReadSlowlyAsync(SlowReader reader, CancellationToken end)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1), TimeProvider.System);
        while (!end.IsCancellationRequested)
        {
            await reader.ReadLittleAsync(Token);
            try
            {
                await pace.WaitForNextTickAsync(end);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
