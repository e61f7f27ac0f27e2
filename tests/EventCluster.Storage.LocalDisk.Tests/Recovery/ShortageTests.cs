using EventCluster.Abstractions.Store;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Recovery;

/// <summary>CORRECTNESS rule 25: a shortage of descriptors or memory passes; appends wait, and nothing is final.</summary>
public sealed class ShortageTests : IAsyncDisposable
{
    private static readonly string Filler = new('x', 9_000);

    private readonly StoreFixture _fixture = new();
    private int _refused;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData("create")]
    [InlineData("preallocate")]
    [InlineData("flush directory")]
    [InlineData("write")]
    public async Task Commit_ShortOfSomething_WaitsAndIsCommittedWhenItPasses(string operation)
    {
        await _fixture.OpenAsync(StoreFixture.Options(checkpointEveryBytes: 60_000));
        var owner = await _fixture.CreateAsync("a", "first");
        _fixture.Disk.IsShort = now => now == operation && Interlocked.Increment(ref _refused) < 40;
        for (var i = 0; i < 30; i++)
        {
            await owner.AppendAsync($"{i}{Filler}");
        }

        Assert.InRange(_refused, 1, int.MaxValue);
        Assert.True(_fixture.Store.Health.AcceptsWrites);
        _fixture.Disk.IsShort = null;
        await _fixture.CrashAndOpenAsync();
        Assert.Equal(31, (await _fixture.OwnAsync("a")).Head.Tail);
    }

    [Fact]
    public async Task Stop_ShortOfEverything_EndsAndRefusesWhatWaits()
    {
        await _fixture.OpenAsync();
        var owner = await _fixture.CreateAsync("a", "first");
        _fixture.Disk.IsShort = _ => true;
        var waiting = owner.SendAsync(owner.Next("second"));

        await _fixture.Store.DisposeAsync();

        Assert.Equal(CommitStatus.Refused, await waiting);
        _fixture.Disk.IsShort = null;
        await _fixture.OpenAsync();
        Assert.Equal("first", await _fixture.TextAsync("a"));
    }

    [Fact]
    public async Task Seal_FindsNoRoom_IsNotFinal()
    {
        // Goal: where preallocation reserves nothing the seal is the first write without room, and that is not final.
        _fixture.Disk.ThinPreallocation = true;
        var clock = new VirtualTimeProvider { FiresWhenOverdue = true };
        await _fixture.OpenAsync(StoreFixture.Options(sealAfter: TimeSpan.FromMilliseconds(300)), clock);
        var owner = await _fixture.CreateAsync("kept", "1 2");
        _fixture.Disk.Capacity = _fixture.Disk.Used;

        await UntilAsync("the seal was tried", () => !_fixture.Store.Health.AcceptsWrites);

        Assert.False(_fixture.Store.Health.IsFinal);
        Assert.Equal(CommitStatus.Full, await owner.SendAsync(owner.Next("x")));
        _fixture.Disk.Capacity = null;
        await UntilAsync("room again", () => _fixture.Store.Health.AcceptsWrites);
        await owner.AppendAsync("3");
        await _fixture.CrashAndOpenAsync();
        Assert.Equal("1 2 3", await _fixture.TextAsync("kept"));

        Task UntilAsync(string phase, Func<bool> reached) => Phase.UntilAsync(
            phase, () => Task.FromResult(reached()), () => clock.Advance(TimeSpan.FromMilliseconds(10)), Cancellation);
    }
}
