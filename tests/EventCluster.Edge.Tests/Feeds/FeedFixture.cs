using EventCluster.Abstractions;
using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core;
using EventCluster.Core.InMemory;
using EventCluster.Delivery;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Reading;
using EventCluster.Delivery.Timing;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace EventCluster.Edge.Tests.Feeds;

/// <summary>Feeds over a real directory on the in-memory store and a virtual clock; counts the reads that reach the owner.</summary>
internal sealed class FeedFixture : IStreamDirectory, IAsyncDisposable
{
    private readonly LocalStreamDirectory _directory;
    private int _reads;

    public FeedFixture(long feedBytes = 1024 * 1024, long blockCacheBytes = 1024 * 1024, MemoryShare? loads = null)
    {
        var store = new InMemoryLogStore(new InMemoryLogStoreOptions());
        _directory = new LocalStreamDirectory(
            store, new LocalStreamDirectoryOptions(), Clock, new Random(1), NullLogger<LocalStreamDirectory>.Instance);
        Blocks = new BlockCache(blockCacheBytes, loads, Clock);
        Deadlines = new DeadlineQueue(Clock);
        Feeds = new FeedDirectory(
            this, Blocks, Deadlines, Clock, Options.Create(new DeliveryOptions { FeedBytes = feedBytes }),
            NullLogger<StreamFeed>.Instance);
    }

    public VirtualTimeProvider Clock { get; } = new() { FiresWhenOverdue = true };

    public BlockCache Blocks { get; }

    public DeadlineQueue Deadlines { get; }

    public FeedDirectory Feeds { get; }

    /// <summary>Reads that wait at the owner.</summary>
    public int ParkedReads => _directory.ParkedReads;

    /// <summary>Reads that reached the owner.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>Answers to reads that waited do not arrive any more.</summary>
    public bool HoldsReads { get; set; }

    /// <summary>What an owner that was replaced answers to reads that do not wait; null to ask the real one.</summary>
    public Func<ReadRequest, ReadOutcome?>? Stale { get; set; }

    public Durability Durability => _directory.Durability;

    public StoreHealth Health => _directory.Health;

    public IStreamHandle GetStream(StreamName name) => new CountingHandle(_directory.GetStream(name), this);

    public ValueTask<StreamPage> ListAsync(
        string prefix, StreamName? after, int limit, CancellationToken cancellationToken) =>
        _directory.ListAsync(prefix, after, limit, cancellationToken);

    public async Task<IStreamHandle> CreateAsync(string name, params string[] events)
    {
        var stream = GetStream(TestData.Name(name));
        var outcome = await stream.CreateAsync(
            new CreateRequest { ContentType = StreamContentType.Parse("text/plain"), Events = TestData.Payloads(events) },
            CancellationToken.None);
        Assert.IsType<CreateOutcome.Created>(outcome);
        return stream;
    }

    public static async Task<StreamOffset> AppendAsync(IStreamHandle stream, params string[] events)
    {
        var outcome = await stream.AppendAsync(
            new AppendRequest { Events = TestData.Payloads(events) }, CancellationToken.None);
        return Assert.IsType<AppendOutcome.Appended>(outcome).Next;
    }

    public async ValueTask DisposeAsync()
    {
        await _directory.DisposeAsync();
        Deadlines.Dispose();
    }

    private sealed class CountingHandle(IStreamHandle inner, FeedFixture counter) : IStreamHandle
    {
        public StreamName Name => inner.Name;

        public ValueTask<CreateOutcome> CreateAsync(CreateRequest request, CancellationToken cancellationToken) =>
            inner.CreateAsync(request, cancellationToken);

        public ValueTask<AppendOutcome> AppendAsync(AppendRequest request, CancellationToken cancellationToken) =>
            inner.AppendAsync(request, cancellationToken);

        public async ValueTask<ReadOutcome> ReadAsync(ReadRequest request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref counter._reads);
            if (request.WaitUpTo == TimeSpan.Zero && counter.Stale?.Invoke(request) is { } stale)
            {
                return stale;
            }

            var outcome = await inner.ReadAsync(request, cancellationToken);
            if (counter.HoldsReads && request.WaitUpTo > TimeSpan.Zero)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, counter.Clock, cancellationToken);
            }

            return outcome;
        }

        public ValueTask<DescribeOutcome> DescribeAsync(CancellationToken cancellationToken) =>
            inner.DescribeAsync(cancellationToken);

        public ValueTask<ConfigureOutcome> ConfigureAsync(RetentionLimits changes, CancellationToken cancellationToken) =>
            inner.ConfigureAsync(changes, cancellationToken);

        public ValueTask<TrimOutcome> TrimAsync(StreamOffset before, CancellationToken cancellationToken) =>
            inner.TrimAsync(before, cancellationToken);

        public ValueTask<DeleteOutcome> DeleteAsync(CancellationToken cancellationToken) =>
            inner.DeleteAsync(cancellationToken);
    }
}
