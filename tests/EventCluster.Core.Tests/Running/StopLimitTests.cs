using EventCluster.Abstractions.Streams;
using EventCluster.Core.InMemory;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Running;

/// <summary>A store that does not answer keeps no process: the end of a directory has a named limit, and a stop has its token.</summary>
public sealed class StopLimitTests
{
    private const int NotStopped = 1300;

    private readonly VirtualTimeProvider _clock = new();
    private readonly ListLogger _log = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Dispose_TheStoreDoesNotAnswer_EndsAtItsLimit(bool sweeps)
    {
        await using var memory = new InMemoryLogStore(new InMemoryLogStoreOptions());
        var store = new FaultyLogStore(memory, new Random(1));
        var directory = new LocalStreamDirectory(store, new LocalStreamDirectoryOptions(), _clock, new Random(1), _log);
        if (sweeps)
        {
            directory.Start();
        }

        var append = await HeldAppendAsync(directory, store);
        var end = directory.DisposeAsync().AsTask();
        _clock.Advance(LocalStreamDirectory.DisposeTimeout - TimeSpan.FromSeconds(1));
        Assert.False(end.IsCompleted);
        await Phase.UntilAsync(
            "the directory ends",
            () =>
            {
                _clock.Advance(TimeSpan.FromSeconds(1));
                return end.IsCompleted;
            },
            TestContext.Current.CancellationToken);
        await end;

        Assert.True(_log.Has(NotStopped));
        Assert.False(append.IsCompleted);
        store.LetGo();
        await append;
    }

    [Fact]
    public async Task Dispose_TheStoreAnswers_WaitsForItAndSaysNothing()
    {
        await using var memory = new InMemoryLogStore(new InMemoryLogStoreOptions());
        var store = new FaultyLogStore(memory, new Random(1));
        var directory = new LocalStreamDirectory(store, new LocalStreamDirectoryOptions(), _clock, new Random(1), _log);
        var append = await HeldAppendAsync(directory, store);
        var end = directory.DisposeAsync().AsTask();
        Assert.False(end.IsCompleted);

        store.LetGo();
        await end;

        Assert.IsType<AppendOutcome.Appended>(await append);
        Assert.False(_log.Has(NotStopped));
    }

    [Fact]
    public async Task Stop_TheStoreDoesNotAnswer_EndsWithItsToken()
    {
        await using var memory = new InMemoryLogStore(new InMemoryLogStoreOptions());
        var store = new FaultyLogStore(memory, new Random(1));
        await using var directory = new LocalStreamDirectory(store, new LocalStreamDirectoryOptions(), _clock, new Random(1), _log);
        await HeldAppendAsync(directory, store);
        using var cancel = new CancellationTokenSource();
        var stop = directory.StopAsync(cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stop);
        store.LetGo();
    }

    private static async Task<Task<AppendOutcome>> HeldAppendAsync(LocalStreamDirectory directory, FaultyLogStore store)
    {
        var stream = directory.GetStream(TestData.Name("a"));
        Assert.IsType<CreateOutcome.Created>(await stream.CreateAsync(new CreateRequest(), TestContext.Current.CancellationToken));
        store.Hold();
        var append = stream.AppendAsync(new AppendRequest { Events = TestData.Payloads("x") }, TestContext.Current.CancellationToken).AsTask();
        await Phase.UntilAsync("the commit is held", () => store.Held > 0, TestContext.Current.CancellationToken);
        return append;
    }
}
