using System.Collections.Concurrent;
using System.Text;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core;
using EventCluster.Edge.Tests.Composite;
using EventCluster.Edge.Tests.Server;
using EventCluster.Edge.Tests.SignalR;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Memory;

/// <summary>
/// A connection over several streams reads each of them once before it answers. What it read, up to a whole block of each
/// stream, is not held while the connection lasts.
/// </summary>
public sealed class FirstReadTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("SubscribeMany")]
    public async Task Open_SeveralStreams_FirstReadsAreNotHeldWhileItLasts(string way)
    {
        var front = new WeakReads();
        await using var server = await EdgeServer.StartAsync(front: front);
        front.Inner = server.Directory;
        await server.StreamAsync("a", "text/plain", "one");
        await server.StreamAsync("b", "text/plain", "two");
        await using var connection = await OpenAsync(server, way);

        // Both were delivered, so the connection is beyond its beginning.
        Assert.True(front.Batches.Count >= 2);
        await Phase.UntilAsync(
            "the first reads are garbage",
            () =>
            {
                GC.Collect();
                return front.Batches.Take(2).All(static batch => !batch.TryGetTarget(out _));
            },
            Cancel);
    }

    private static async Task<IAsyncDisposable> OpenAsync(EdgeServer server, string way)
    {
        if (way == "SubscribeMany")
        {
            var hub = await HubClient.OpenAsync(server);
            var call = hub.SubscribeMany(new[] { new { stream = "a", offset = "-1" }, new { stream = "b", offset = "-1" } });
            for (var events = 0; events < 2;)
            {
                events += (await call.NextAsync())!.Value.TryGetProperty("events", out _) ? 1 : 0;
            }

            return hub;
        }

        var client = way == "GET"
            ? await EventStreamClient.ConnectAsync(server, "/v1/streams?stream=a&stream=b&offset=-1")
            : await EventStreamClient.SendAsync(new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{server.Port}/v1/streams")
            {
                Content = new StringContent(
                    """{"streams":[{"name":"a","offset":"-1"},{"name":"b","offset":"-1"}]}""", Encoding.UTF8, "application/json"),
            });
        await client.ExpectAsync("message");
        await client.ExpectAsync("message");
        return new Closing(client);
    }

    private sealed class Closing(IDisposable client) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            client.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Streams whose reads are remembered only as long as somebody else holds them.</summary>
    private sealed class WeakReads : IStreamDirectory
    {
        public LocalStreamDirectory Inner { get; set; } = null!;

        public ConcurrentQueue<WeakReference<ReadOutcome.Batch>> Batches { get; } = new();

        public Durability Durability => Durability.Memory;

        public StoreHealth Health => Inner.Health;

        public IStreamHandle GetStream(StreamName name) => new Handle(this, Inner.GetStream(name));

        public ValueTask<StreamPage> ListAsync(string prefix, StreamName? after, int limit, CancellationToken cancellationToken) =>
            Inner.ListAsync(prefix, after, limit, cancellationToken);

        private sealed class Handle(WeakReads directory, IStreamHandle inner) : IStreamHandle
        {
            public StreamName Name => inner.Name;

            public async ValueTask<ReadOutcome> ReadAsync(ReadRequest request, CancellationToken cancellationToken)
            {
                var outcome = await inner.ReadAsync(request, cancellationToken);
                if (outcome is ReadOutcome.Batch { Slices.Count: > 0 } batch)
                {
                    directory.Batches.Enqueue(new WeakReference<ReadOutcome.Batch>(batch));
                }

                return outcome;
            }

            public ValueTask<CreateOutcome> CreateAsync(CreateRequest request, CancellationToken cancellationToken) =>
                inner.CreateAsync(request, cancellationToken);

            public ValueTask<AppendOutcome> AppendAsync(AppendRequest request, CancellationToken cancellationToken) =>
                inner.AppendAsync(request, cancellationToken);

            public ValueTask<DescribeOutcome> DescribeAsync(CancellationToken cancellationToken) =>
                inner.DescribeAsync(cancellationToken);

            public ValueTask<ConfigureOutcome> ConfigureAsync(RetentionLimits changes, CancellationToken cancellationToken) =>
                inner.ConfigureAsync(changes, cancellationToken);

            public ValueTask<TrimOutcome> TrimAsync(StreamOffset before, CancellationToken cancellationToken) =>
                inner.TrimAsync(before, cancellationToken);

            public ValueTask<DeleteOutcome> DeleteAsync(CancellationToken cancellationToken) => inner.DeleteAsync(cancellationToken);
        }
    }
}
