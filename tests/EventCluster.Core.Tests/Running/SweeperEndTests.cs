using EventCluster.Abstractions.Store;
using EventCluster.Core.InMemory;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EventCluster.Core.Tests.Running;

/// <summary>A sweeper that dies (here because the log itself fails) is told to readiness, and the directory still stops.</summary>
public sealed class SweeperEndTests
{
    [Fact]
    public async Task Health_SweeperDied_NamesItAndTheDirectoryStops()
    {
        var clock = new VirtualTimeProvider();
        await using var memory = new InMemoryLogStore(new InMemoryLogStoreOptions());
        await using var directory = new LocalStreamDirectory(
            new BrokenStore(memory), new LocalStreamDirectoryOptions(), clock, new Random(1), new BrokenLog());
        directory.Start();
        Assert.Null(directory.Health.NotReadyReason);
        await Phase.UntilAsync(
            "the sweeper is dead",
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return directory.Health.NotReadyReason is not null;
            },
            TestContext.Current.CancellationToken);
        Assert.True(directory.Health.AcceptsWrites);
        Assert.Contains("sweeper", directory.Health.NotReadyReason, StringComparison.Ordinal);
        await directory.StopAsync(TestContext.Current.CancellationToken);
    }

    private sealed class BrokenStore(ILogStore inner) : DecoratedLogStore(inner, isOwner: false)
    {
        protected override ILogStore Inner => throw new InvalidOperationException("a surprise");
    }

    private sealed class BrokenLog : ILogger<LocalStreamDirectory>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException("the log fails");
    }
}
