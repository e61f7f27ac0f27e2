using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core;
using EventCluster.Protocol;
using EventCluster.Storage.PostgreSql.Tests.Servers;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Faults;

/// <summary>The server goes away and comes back, on a server of its own.</summary>
public sealed class OutageTests(SharedServer shared) : IAsyncLifetime
{
    private const int Streams = 8;
    private const int Events = 150;

    private PostgreSqlServer _server = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(shared.Server.Missing is not null, shared.Server.Missing ?? "");
        _server = await PostgreSqlServer.StartAsync();
    }

    public ValueTask DisposeAsync() => _server is null ? ValueTask.CompletedTask : _server.DisposeAsync();

    /// <summary>
    /// Goal: acknowledged means kept, once, in order. Method: idempotent producers repeat whatever was not acknowledged
    /// while the server crashes and restarts under them; two nodes are owners in turn.
    /// </summary>
    [Fact]
    public async Task Append_ServerCrashesAndRestarts_NothingAcknowledgedIsLostOrRepeated()
    {
        await using var one = await OpenStoreAsync();
        await using var two = await OpenStoreAsync();
        await using var first = NewDirectory(one, 1);
        await using var second = NewDirectory(two, 2);
        LocalStreamDirectory[] nodes = [first, second];
        foreach (var s in Enumerable.Range(0, Streams))
        {
            await first.GetStream(TestData.Name($"s{s}")).NewAsync();
        }

        var acknowledged = 0;
        var writers = Enumerable.Range(0, Streams).Select(s => Task.Run(
            () => WriteAsync(nodes, TestData.Name($"s{s}"), () => Interlocked.Increment(ref acknowledged)), Cancellation)).ToArray();
        await AfterAsync(() => acknowledged > Streams * Events / 10);
        await _server.CrashAsync();
        await AfterAsync(() => acknowledged > Streams * Events / 2);
        await _server.RestartAsync();
        await Phase.OfAsync("all is acknowledged", Task.WhenAll(writers));

        await using var reader = NewDirectory(one, 3);
        foreach (var s in Enumerable.Range(0, Streams))
        {
            var texts = await reader.GetStream(TestData.Name($"s{s}")).TextsAsync();
            Assert.Equal(Enumerable.Range(0, Events).Select(i => $"{i}"), texts);
        }

        async Task AfterAsync(Func<bool> reached)
        {
            await Phase.UntilAsync("appends go on", () => reached() || Array.Exists(writers, writer => writer.IsFaulted), Cancellation);
            await Task.WhenAll(writers.Where(writer => writer.IsFaulted));
        }
    }

    [Fact]
    public async Task ServerDown_EverythingAnswersNotNow_AndGoesOnWhenItIsBack()
    {
        await using var store = await OpenStoreAsync();
        await using var directory = NewDirectory(store, 1);
        var stream = directory.GetStream(TestData.Name("a"));
        await stream.NewAsync();
        await stream.PutAsync("1");
        var start = (await stream.StateAsync()).Earliest;

        await _server.DownAsync();
        Assert.IsType<AppendOutcome.Unavailable>(await stream.SendAsync(new AppendRequest { Events = TestData.Payloads("2") }));
        var append = await stream.SendAsync(new AppendRequest { Events = TestData.Payloads("2") });
        Assert.Equal(UnavailableReason.StoreUnreachable, Assert.IsType<AppendOutcome.Unavailable>(append).Reason);
        Assert.IsType<ReadOutcome.Unavailable>(await stream.PeekAsync(start));
        Assert.IsType<DescribeOutcome.Unavailable>(await stream.DescribeAsync(Cancellation));
        await Assert.ThrowsAsync<StoreUnreachableException>(() => store.GetHeadAsync(stream.Name, Cancellation).AsTask());
        await Phase.UntilAsync("not ready", () => !directory.Health.AcceptsWrites, Cancellation);
        Assert.False(directory.Health.IsFinal);

        await _server.UpAsync();
        await Phase.UntilAsync("ready again", () => directory.Health.AcceptsWrites, Cancellation);
        await stream.PutAsync("3");
        Assert.Equal(["1", "3"], await stream.TextsAsync());
    }

    [Fact]
    public async Task Open_ServerComesUpLater_WaitsWithOneMessage()
    {
        await _server.DownAsync();
        var log = new MessageLog<PostgreSqlLogStore>();
        var opening = PostgreSqlLogStore.OpenAsync(Options(), TimeProvider.System, log, Cancellation);
        await Phase.UntilAsync("it says that it waits", () => log.Count(5010) == 1, Cancellation);

        await _server.UpAsync();
        await using var store = await Phase.OfAsync("the store opens", opening);

        Assert.Equal((1, 1, 0), (log.Count(5010), log.Count(5011), log.Exceptions));
    }

    [Fact]
    public async Task Open_ServerNeverUp_EndsWithItsToken()
    {
        await _server.DownAsync();
        using var giveUp = new CancellationTokenSource();
        var log = new MessageLog<PostgreSqlLogStore>();
        var opening = PostgreSqlLogStore.OpenAsync(Options(), TimeProvider.System, log, giveUp.Token);
        await Phase.UntilAsync("it says that it waits", () => log.Count(5010) == 1, Cancellation);

        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Phase.OfAsync("the wait ends", opening));
    }

    private static async Task WriteAsync(LocalStreamDirectory[] nodes, StreamName name, Action acknowledged)
    {
        for (var i = 0; i < Events; i++)
        {
            for (var attempt = 0; ; attempt++)
            {
                var request = new AppendRequest
                {
                    Events = TestData.Payloads($"{i}"),
                    Producer = new ProducerStamp("p", 0, i),
                };
                var outcome = await nodes[(i / 50 + attempt) % nodes.Length].GetStream(name).AppendAsync(request, Cancellation);
                if (outcome is AppendOutcome.Appended or AppendOutcome.Duplicate)
                {
                    acknowledged();
                    break;
                }

                Assert.IsType<AppendOutcome.Unavailable>(outcome);
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
            }
        }
    }

    private Task<PostgreSqlLogStore> OpenStoreAsync() => PostgreSqlLogStore.OpenAsync(
        Options(), TimeProvider.System, NullLogger<PostgreSqlLogStore>.Instance, Cancellation);

    private PostgreSqlOptions Options() => shared.NewStore(schema: "outage", connectionString: _server.ConnectionString);

    private static LocalStreamDirectory NewDirectory(ILogStore store, int seed) => new(
        store, new LocalStreamDirectoryOptions(), TimeProvider.System, new Random(seed), NullLogger<LocalStreamDirectory>.Instance);
}
