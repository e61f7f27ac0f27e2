using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Hosting.Node;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Hosting.Tests.Node;

public sealed class StoreWatchTests
{
    [Fact]
    public async Task Watch_StoreFailsForGood_StopsTheApplication()
    {
        var time = new VirtualTimeProvider();
        var directory = new StubDirectory();
        using var lifetime = new StubLifetime();
        using var watch = new StoreWatch(() => directory.Health, lifetime, time, NullLogger<StoreWatch>.Instance);
        await watch.StartAsync(TestContext.Current.CancellationToken);

        directory.Health = new StoreHealth(AcceptsWrites: false, IsFinal: false, "full");
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(lifetime.ApplicationStopping.IsCancellationRequested);

        directory.Health = new StoreHealth(AcceptsWrites: false, IsFinal: true, "a flush failed");
        time.Advance(TimeSpan.FromSeconds(5));
        await Phase.UntilAsync(
            "the watch stops the application",
            () =>
            {
                // Its timer may not run yet: each look lets more time pass.
                time.Advance(TimeSpan.FromSeconds(1));
                return lifetime.ApplicationStopping.IsCancellationRequested;
            },
            TestContext.Current.CancellationToken);
        Assert.True(watch.IsFinal);
    }

    [Fact]
    public async Task Watch_EndsByItself_IsAFault()
    {
        var time = new VirtualTimeProvider();
        var directory = new StubDirectory();
        using var lifetime = new StubLifetime();
        using var watch = new StoreWatch(() => directory.Health, lifetime, time, NullLogger<StoreWatch>.Instance);
        await watch.StartAsync(TestContext.Current.CancellationToken);
        Assert.Null(watch.Fault);

        directory.Asked = () => throw new InvalidOperationException("no health");
        await Phase.UntilAsync(
            "the watch ends",
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return watch.Fault is not null;
            },
            TestContext.Current.CancellationToken);

        Assert.Equal("The watch over the store has ended: no health", watch.Fault);
    }

    private sealed class StubDirectory : IStreamDirectory
    {
        private StoreHealth _health = StoreHealth.Good;

        public Durability Durability => Durability.Flushed;

        public Action? Asked { get; set; }

        public StoreHealth Health
        {
            get
            {
                Asked?.Invoke();
                return _health;
            }

            set => _health = value;
        }

        public IStreamHandle GetStream(StreamName name) => throw new NotSupportedException();

        public ValueTask<StreamPage> ListAsync(string prefix, StreamName? after, int limit, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }

    private sealed class StubLifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _stopping = new();

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => _stopping.Cancel();

        public void Dispose() => _stopping.Dispose();
    }
}
