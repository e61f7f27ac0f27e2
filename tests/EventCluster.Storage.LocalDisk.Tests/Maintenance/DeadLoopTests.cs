using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Maintenance;

/// <summary>
/// A loop of the store that dies is named by its health, which readiness shows; the others go on. A log that throws is the one
/// thing that no loop catches.
/// </summary>
public sealed class DeadLoopTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData("housekeeper of the journal", "LogFailed", "create", 4_096)]
    [InlineData("recorder of the journal's end", "LogDelayed", "write", long.MaxValue)]
    public async Task Health_ALoopHasDied_NamesItAndTheJournalGoesOn(string loop, string message, string shortage, long checkpointEvery)
    {
        var time = new VirtualTimeProvider();
        await using var store = await LocalDiskLogStore.OpenAsync(
            StoreFixture.Options(checkpointEveryBytes: checkpointEvery), _fixture.Disk.Attach(), time, new ThrowingLog(message), Cancellation);
        var owner = await LogStoreOwner.OpenAsync(store, "a", Cancellation);
        await owner.CommitAsync(owner.Next());
        Assert.Null(store.Health.NotReadyReason);

        _fixture.Disk.IsShort = operation => operation == shortage;
        var second = owner.SendAsync(owner.Next(new string('a', 9_000)));
        await UntilAsync("the loop dies", () => store.Health.NotReadyReason?.Contains(loop, StringComparison.Ordinal) == true);

        Assert.Equal($"The {loop} has ended: this log throws", store.Health.NotReadyReason);
        _fixture.Disk.IsShort = null;
        await UntilAsync("the journal goes on", () => second.IsCompleted);
        Assert.Equal(CommitStatus.Committed, await second);
        Assert.True(store.Health.AcceptsWrites);

        Task UntilAsync(string phase, Func<bool> isThere) => Phase.UntilAsync(
            phase,
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return isThere();
            },
            Cancellation);
    }

    private sealed class ThrowingLog(string message) : ILogger<LocalDiskLogStore>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == message)
            {
                throw new InvalidOperationException("this log throws");
            }
        }
    }
}
